/** The figures that were measured last, in bench/results.json. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { version } from 'node:process';
import type { Outcome } from './measure.ts';

/** `hasFailed` is about the run, not about its figures. */
export interface Recorded extends Omit<Outcome, 'hasFailed'> {
  /** In ISO 8601. */
  readonly measuredAt: string;
}

export interface Results {
  readonly machine: string;
  readonly benchmarks: { readonly [name: string]: Recorded };
}

const file = new URL('results.json', import.meta.url);

/** What figures depend on most. */
export function describeMachine(): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${gigabytes} GB, Linux ${release()}, Node ${version}`;
}

/** Results of this machine; without any if there are none. */
export function readResults(): Results {
  const machine = describeMachine();
  if (existsSync(file)) {
    const results: Results = JSON.parse(readFileSync(file, 'utf8'));
    if (results.machine === machine) return results;
  }
  return { machine, benchmarks: {} };
}

/** Puts the outcome in the place of that benchmark's last one. */
export function record(name: string, { summaries, notRun }: Outcome): void {
  const { machine, benchmarks } = readResults();
  const recorded: Recorded = { measuredAt: new Date().toISOString(), summaries, notRun };
  const results: Results = { machine, benchmarks: { ...benchmarks, [name]: recorded } };
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}
