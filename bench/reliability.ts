/**
 * What becomes of programs and of their lines, side by side with the real supervisord:
 *
 *     npm run reliability
 *
 * Prints the tables of docs/reliability.md. What it runs is the bundle that an installed package runs.
 */
import { existsSync } from 'node:fs';
import type { Implementation } from '../test/support/daemons.ts';
import type { Accident, Outcome } from './accidents.ts';
import { installBundle } from './installed.ts';
import { spreadOf } from './summary.ts';

const removeBundle = await installBundle();
// Only now: these modules look up where our commands are.
const { accidents, isPossible, outcomeOf } = await import('./accidents.ts');

const hasReal = existsSync('/usr/bin/supervisord');
const implementations: readonly Implementation[] = hasReal ? ['ours', 'real'] : ['ours'];
console.log('| accident | times | | children | lines | all RUNNING again after |');
console.log('|---|---|---|---|---|---|');
for (const accident of accidents) {
  if (!isPossible(accident)) {
    console.error(`${accident.title}: only root can bring it about`);
    continue;
  }
  for (const implementation of implementations) {
    const outcome = await outcomeOf(implementation, accident);
    console.log(rowOf(accident, implementation, outcome));
    for (const example of outcome.lines.examples) console.error(example);
  }
}
removeBundle();

function rowOf({ title, times }: Accident, implementation: Implementation, outcome: Outcome): string {
  const { median, maximum } = spreadOf(outcome.milliseconds);
  const cells = [
    ...(implementation === 'ours' ? [title, times, 'ours'] : ['', '', 'supervisord']),
    childrenOf(outcome),
    linesOf(outcome),
    `${median.toFixed(0)} ms, at most ${maximum.toFixed(0)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function childrenOf({ survived, replaced, doubled }: Outcome): string {
  const kinds = [
    [survived, 'ran on'],
    [replaced, 'replaced'],
    [doubled, 'ran on unsupervised, beside another one'],
  ] as const;
  return kinds.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(', ');
}

function linesOf({ lines: { written, lost, torn, doubled, displaced } }: Outcome): string {
  const kinds = [
    [lost, 'lost'],
    [torn, 'torn'],
    [doubled, 'doubled'],
    [displaced, 'out of order'],
  ] as const;
  const wrong = kinds.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return `${written} written, ${wrong.length === 0 ? 'all there once' : wrong.join(', ')}`;
}
