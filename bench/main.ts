/**
 * Benchmarks, each side by side with the real supervisord on the same machine in the same run:
 *
 *     npm run bench            all of them
 *     npm run bench -- NAME…   some of them
 *
 * Prints medians, spreads and ratios, and writes them to bench/results.json. What it measures is the
 * bundle that an installed package runs.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { argv, exit } from 'node:process';
import { type Benchmark, type Figure, type Summary, spreadOf } from './benchmark.ts';
import { installBundle } from './installed.ts';

const removeBundle = await installBundle();
// Only now: these modules look up where our commands are.
const { events } = await import('./events.ts');
const { idle } = await import('./idle.ts');
const { logThroughput } = await import('./log-throughput.ts');
const { respawn } = await import('./respawn.ts');
const { start } = await import('./start.ts');
const { status } = await import('./status.ts');
const { upgrade } = await import('./upgrade.ts');

const benchmarks: readonly Benchmark[] = [respawn, start, logThroughput, events, idle, status, upgrade];
const realSupervisord = '/usr/bin/supervisord';

const names = argv.slice(2);
for (const name of names) {
  if (benchmarks.some((benchmark) => benchmark.name === name)) continue;
  console.error(`No benchmark "${name}": there are ${benchmarks.map((known) => known.name).join(', ')}`);
  exit(2);
}
const hasReal = existsSync(realSupervisord);
if (!hasReal) console.error(`${realSupervisord} is missing (Debian package supervisor): no ratios`);

const machine = `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`;
console.log(machine);
const summaries: Summary[] = [];
for (const benchmark of benchmarks) {
  if (names.length > 0 && !names.includes(benchmark.name)) continue;
  console.log(`\n${benchmark.title}`);
  for (const summary of await measure(benchmark)) {
    summaries.push(summary);
    console.log(rowOf(summary));
  }
}
removeBundle();
writeFileSync(
  new URL('results.json', import.meta.url),
  `${JSON.stringify({ machine, summaries }, null, 2)}\n`,
);

async function measure(benchmark: Benchmark): Promise<Summary[]> {
  const ours: Figure[] = [];
  const real: Figure[] = [];
  for (let round = 0; round < benchmark.rounds; round += 1) {
    ours.push(...(await benchmark.run('ours')));
    if (hasReal) real.push(...(await benchmark.run('real')));
  }
  return [...new Set(ours.map((figure) => figure.name))].map((name) =>
    summarise(benchmark.name, name, ours, real),
  );
}

function summarise(
  benchmark: string,
  figure: string,
  ours: readonly Figure[],
  real: readonly Figure[],
): Summary {
  const valuesOf = (figures: readonly Figure[]): number[] =>
    figures.filter((candidate) => candidate.name === figure).map((candidate) => candidate.value);
  const oursSpread = spreadOf(valuesOf(ours));
  const realValues = valuesOf(real);
  const realSpread = realValues.length > 0 ? spreadOf(realValues) : undefined;
  return {
    benchmark,
    figure,
    unit: ours.find((candidate) => candidate.name === figure)?.unit ?? '',
    ours: oursSpread,
    real: realSpread,
    ratio: realSpread && realSpread.median > 0 ? oursSpread.median / realSpread.median : undefined,
  };
}

function rowOf({ figure, unit, ours, real, ratio }: Summary): string {
  const show = (spread: Summary['ours']): string =>
    `${round(spread.median)} (${round(spread.minimum)}–${round(spread.maximum)}, n=${spread.count})`;
  const ratioText = ratio === undefined ? '–' : `${ratio.toFixed(ratio < 0.1 ? 4 : 2)} ×`;
  return `  ${`${figure} [${unit}]`.padEnd(34)} ours ${show(ours).padEnd(34)} supervisord ${real ? show(real).padEnd(34) : '–'} ratio ${ratioText}`;
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}
