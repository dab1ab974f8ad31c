import { describe, expect, it } from '@jest/globals';
import type { Benchmark, Contender } from '../../bench/benchmark.ts';
import { measure } from '../../bench/measure.ts';

/** A benchmark whose contenders only note that they were run. */
function benchmarkOf(rounds: number, ...contenders: readonly Contender[]): Benchmark {
  return { name: 'thing', title: '', rounds, contenders, marks: [] };
}

function noting(runs: string[], name: string, more: Partial<Contender> = {}): Contender {
  return {
    name,
    async run() {
      runs.push(name);
      return [{ name: 'time', unit: 'ms', value: runs.length }];
    },
    ...more,
  };
}

describe('a benchmark', () => {
  it('runs its contenders in turns, and each round begins with another one', async () => {
    const runs: string[] = [];
    await measure(benchmarkOf(3, noting(runs, 'a'), noting(runs, 'b'), noting(runs, 'c')));
    expect(runs.join('')).toBe('abcbcacab');
  });

  it('runs one less often that takes long', async () => {
    const runs: string[] = [];
    await measure(benchmarkOf(3, noting(runs, 'a'), noting(runs, 'b', { rounds: 1 })));
    expect(runs.join('')).toBe('abaa');
  });

  it('tells what the machine lacks for one of them, and goes on with the others', async () => {
    const runs: string[] = [];
    const lacks = () => 'there is no b (Debian package b)';
    const { summaries, notRun, hasFailed } = await measure(
      benchmarkOf(2, noting(runs, 'a'), noting(runs, 'b', { lacks })),
    );
    expect(runs.join('')).toBe('aa');
    expect(notRun).toEqual(['thing, b: not run: there is no b (Debian package b)']);
    expect(hasFailed).toBe(false);
    expect(summaries.map(({ results }) => results.map(({ contender }) => contender))).toEqual([['a']]);
  });

  it('tells of one that fails, takes none of its figures, and goes on with the others', async () => {
    const runs: string[] = [];
    let turn = 0;
    const failing: Contender = {
      name: 'b',
      async run() {
        turn += 1;
        if (turn === 2) throw new Error('it died');
        return [{ name: 'time', unit: 'ms', value: 1 }];
      },
    };
    const { summaries, notRun, hasFailed } = await measure(benchmarkOf(3, noting(runs, 'a'), failing));
    expect(runs.join('')).toBe('aaa');
    expect(turn).toBe(2);
    expect(notRun).toEqual(['thing, b: failed: it died']);
    expect(hasFailed).toBe(true);
    expect(summaries.map(({ results }) => results.map(({ contender }) => contender))).toEqual([['a']]);
  });

  it('tells of a mark that it has measured nothing of', async () => {
    const benchmark = benchmarkOf(1, noting([], 'ours'));
    const marks = ['time', 'memory'].map((figure) => ({ figure, limit: { atMost: 1 } }));
    const { notRun } = await measure({ ...benchmark, marks });
    expect(notRun).toEqual(['thing: nothing was measured of "memory", which has a mark']);
  });
});
