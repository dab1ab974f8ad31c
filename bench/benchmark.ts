/** What a benchmark is, and how its figures are put together. */
import type { Implementation } from '../test/support/daemons.ts';

/** One measured quantity of one run, such as `latency` in milliseconds. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

export interface Benchmark {
  /** The word that selects it: `npm run bench -- NAME`. */
  readonly name: string;
  readonly title: string;
  /** How often each implementation runs; they take turns. */
  readonly rounds: number;
  /** Runs once. Several values of one name in one run are all counted. */
  run(implementation: Implementation): Promise<readonly Figure[]>;
}

export interface Summary {
  readonly benchmark: string;
  readonly figure: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly real: Spread | undefined;
  /** Ours divided by the real one's; below 1 is less. */
  readonly ratio: number | undefined;
}

export interface Spread {
  readonly median: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
}

/** @throws RangeError when there is no value */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const minimum = sorted.at(0);
  const maximum = sorted.at(-1);
  const upper = sorted.at(Math.floor(sorted.length / 2));
  const lower = sorted.at(Math.floor((sorted.length - 1) / 2));
  if (minimum === undefined || maximum === undefined || upper === undefined || lower === undefined) {
    throw new RangeError('No values were measured');
  }
  return { median: (upper + lower) / 2, minimum, maximum, count: sorted.length };
}
