/**
 * Benchmarks, each side by side with the real supervisord, and other peers, on the same machine in the same run:
 *
 *     npm run bench                  all of them
 *     npm run bench -- NAME…         some of them
 *     npm run bench -- --list        what there is
 *     npm run bench -- --markdown    the last figures, as the tables of docs/performance.md: with marks, and without
 *
 * Prints medians, spreads, ratios and what became of the marks, and keeps them in bench/results.json. What it
 * measures is the bundle that an installed package runs.
 */
import { exit } from 'node:process';
import { parseArgs } from 'node:util';
import { installBundle } from './installed.ts';
import { measure } from './measure.ts';
import { linesOf, rowOf, tableHead } from './report.ts';
import { describeMachine, readResults, record } from './results.ts';

const { values: options, positionals: names } = parseArgs({
  options: { list: { type: 'boolean' }, markdown: { type: 'boolean' } },
  allowPositionals: true,
});
const isToMeasure = !options.list && !options.markdown;
await using stack = new AsyncDisposableStack();
if (isToMeasure) stack.defer(await installBundle());
// Only now: these modules look up where our commands are.
const { benchmarks } = await import('./benchmarks.ts');

for (const name of names) {
  if (benchmarks.some((benchmark) => benchmark.name === name)) continue;
  console.error(`No benchmark "${name}": there are ${benchmarks.map((known) => known.name).join(', ')}`);
  await stack.disposeAsync();
  exit(2);
}
const chosen = benchmarks.filter(({ name }) => names.length === 0 || names.includes(name));

if (options.list) for (const { name, title } of chosen) console.log(`${name.padEnd(12)} ${title}`);
else if (options.markdown) printTable();
else await measureAll();

function printTable(): void {
  const { machine, benchmarks: recorded } = readResults();
  const summaries = chosen.flatMap(({ name }) => recorded[name]?.summaries ?? []);
  const [marked, others] = [true, false].map((hasMark) =>
    summaries.filter(({ verdicts }) => verdicts.length > 0 === hasMark).map(rowOf),
  );
  const times = chosen.flatMap(({ name }) => recorded[name]?.measuredAt ?? []).sort();
  const when = `Measured from ${times.at(0)} to ${times.at(-1)}; what is in one row, in one run.`;
  console.log(
    [machine, when, '', ...tableHead, ...(marked ?? []), '', ...tableHead, ...(others ?? [])].join('\n'),
  );
  for (const { name } of chosen) {
    if (recorded[name] === undefined) console.error(`${name}: not measured yet on this machine`);
  }
}

async function measureAll(): Promise<void> {
  console.log(describeMachine());
  const notRun: string[] = [];
  for (const benchmark of chosen) {
    console.log(`\n${benchmark.name}: ${benchmark.title}`);
    const outcome = await measure(benchmark);
    for (const summary of outcome.summaries) console.log(linesOf(summary).join('\n'));
    record(benchmark.name, outcome);
    notRun.push(...outcome.notRun);
    if (outcome.hasFailed) process.exitCode = 1;
  }
  if (notRun.length > 0) console.error(`\n${notRun.join('\n')}`);
}
