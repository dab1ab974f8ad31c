/** What a benchmark is. */
import type { Implementation } from '../test/support/daemons.ts';
import { type Need, needsAll, needsFile } from './needs.ts';

/** One measured quantity of one run, such as a latency in milliseconds. */
export interface Figure {
  /** What was measured, as a row of docs/performance.md says it. */
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

/** One of those that are compared. */
export interface Contender {
  /** `ours`, `supervisord` (the real one), or the name of another peer, such as `runsv`. */
  readonly name: string;
  /** What this machine lacks to run it, in words that end a sentence; `undefined`: nothing. */
  lacks?(): string | undefined;
  /** How often it runs, if that is less often than the others do: where once takes minutes. */
  readonly rounds?: number;
  /** Runs once. Several values of one name in one run are all counted. */
  run(): Promise<readonly Figure[]>;
}

/** What a figure of ours has to be. */
export interface Mark {
  /** The name of the figure. */
  readonly figure: string;
  /** Of the figure, in its unit; or of its ratio to that of another contender. */
  readonly limit: { readonly atMost: number } | { readonly atLeast: number };
  /** The contender that ours is divided by. */
  readonly against?: string;
}

export interface Benchmark {
  /** The word that selects it: `npm run bench -- NAME`. */
  readonly name: string;
  readonly title: string;
  /** How often each contender runs; they take turns. */
  readonly rounds: number;
  readonly contenders: readonly Contender[];
  readonly marks: readonly Mark[];
}

/**
 * The same benchmark for both daemons.
 *
 * @param needs what both need of the machine
 */
export function bothDaemons(
  run: (implementation: Implementation) => Promise<readonly Figure[]>,
  ...needs: readonly Need[]
): readonly [ours: Contender, real: Contender] {
  const supervisord = needsFile('/usr/bin/supervisord', 'supervisor');
  return [
    { name: 'ours', lacks: needsAll(...needs), run: () => run('ours') },
    { name: 'supervisord', lacks: needsAll(supervisord, ...needs), run: () => run('real') },
  ];
}
