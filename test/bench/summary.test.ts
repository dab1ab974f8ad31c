import { describe, expect, it } from '@jest/globals';
import type { Mark } from '../../bench/benchmark.ts';
import { linesOf, rowOf } from '../../bench/report.ts';
import { type Measured, type Summary, spreadOf, summarise } from '../../bench/summary.ts';

const time = 'time of a thing';

function measured(contender: string, ...values: readonly number[]): Measured {
  return { contender, figures: values.map((value) => ({ name: time, unit: 'ms', value })) };
}

function summaryOf(marks: readonly Mark[], ...all: readonly Measured[]): Summary {
  const [summary] = summarise({ marks }, all);
  if (summary === undefined) throw new Error('Nothing was measured');
  return summary;
}

describe('a spread', () => {
  const cases = [
    { it: 'has the middle one of an odd number of values', values: [9, 1, 5], median: 5 },
    { it: 'has what is halfway between the middle two of an even number', values: [1, 9, 4, 6], median: 5 },
    { it: 'is all in one value', values: [7], median: 7 },
    { it: 'orders values as numbers', values: [10, 9, 100], median: 10 },
  ];
  for (const { it: behaviour, values, median } of cases) {
    it(behaviour, () =>
      expect(spreadOf(values)).toEqual({
        median,
        minimum: Math.min(...values),
        maximum: Math.max(...values),
        count: values.length,
      }),
    );
  }

  it('of no values is an error', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

describe('a summary', () => {
  it('divides the median of ours by that of each other contender', () => {
    const { results } = summaryOf(
      [],
      measured('ours', 2, 4, 3),
      measured('supervisord', 30),
      measured('runsv', 2),
    );
    expect(results.map(({ contender, ratio }) => [contender, ratio])).toEqual([
      ['ours', undefined],
      ['supervisord', 0.1],
      ['runsv', 1.5],
    ]);
  });

  it('has no ratio to nothing', () => {
    const { results } = summaryOf([], measured('ours', 2), measured('supervisord', 0));
    expect(results.map(({ ratio }) => ratio)).toEqual([undefined, undefined]);
  });

  it('holds figures apart, in the order in which they were measured', () => {
    const figures = [
      { name: 'start', unit: 'ms', value: 1 },
      { name: 'stop', unit: 's', value: 2 },
      { name: 'start', unit: 'ms', value: 3 },
    ];
    const summaries = summarise({ marks: [] }, [{ contender: 'ours', figures }]);
    expect(summaries.map(({ figure, unit, results }) => [figure, unit, results[0]?.spread.median])).toEqual([
      ['start', 'ms', 2],
      ['stop', 's', 2],
    ]);
  });

  it('has figures that ours does not have', () => {
    const { results } = summaryOf([], measured('ours'), measured('bare node', 26));
    expect(results).toEqual([{ contender: 'bare node', spread: spreadOf([26]) }]);
  });
});

describe('a mark', () => {
  const ratioAtMost = { figure: time, limit: { atMost: 0.5 }, against: 'supervisord' };
  const cases: readonly { it: string; mark: Mark; ours: number; isReached: boolean }[] = [
    { it: 'is reached by a ratio that is at the limit', mark: ratioAtMost, ours: 5, isReached: true },
    { it: 'is missed by a ratio beyond it', mark: ratioAtMost, ours: 5.1, isReached: false },
    {
      it: 'can be a least ratio',
      mark: { figure: time, limit: { atLeast: 0.95 }, against: 'supervisord' },
      ours: 9.4,
      isReached: false,
    },
    {
      it: 'can be of the figure itself',
      mark: { figure: time, limit: { atMost: 8 } },
      ours: 8,
      isReached: true,
    },
    { it: 'can be nothing at all', mark: { figure: time, limit: { atMost: 0 } }, ours: 0, isReached: true },
  ];
  for (const { it: behaviour, mark, ours, isReached } of cases) {
    it(behaviour, () => {
      const { verdicts } = summaryOf([mark], measured('ours', ours), measured('supervisord', 10));
      expect(verdicts.map((verdict) => verdict.isReached)).toEqual([isReached]);
    });
  }

  it('is neither reached nor missed without the peer', () => {
    expect(summaryOf([ratioAtMost], measured('ours', 5)).verdicts).toEqual([{ mark: ratioAtMost }]);
  });

  it('is about its own figure alone', () => {
    expect(summaryOf([{ figure: 'another', limit: { atMost: 1 } }], measured('ours', 5)).verdicts).toEqual(
      [],
    );
  });
});

describe('a report', () => {
  const summary = summaryOf(
    [
      { figure: time, limit: { atMost: 1 / 300 }, against: 'supervisord' },
      { figure: time, limit: { atMost: 1.5 }, against: 'cat | cat' },
      { figure: time, limit: { atMost: 10 } },
    ],
    measured('ours', 5, 6, 7),
    measured('supervisord', 2000),
    measured('cat | cat', 3),
  );

  it('has a line for each contender, with its ratio and what became of the marks', () => {
    expect(linesOf(summary).map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      ' time of a thing [ms]',
      ' ours 6.00 (5.00–7.00, n=3) mark ≤ 10: reached',
      ' supervisord 2000 (2000–2000, n=1) 1/333 × mark ≤ 1/300 × supervisord: reached (1/333 ×)',
      ' cat | cat 3.00 (3.00–3.00, n=1) 2.00 × mark ≤ 1.5 × cat | cat: missed (2.00 ×)',
    ]);
  });

  it('says which mark could not be judged', () => {
    const alone = summaryOf(
      [{ figure: time, limit: { atMost: 1.5 }, against: 'runsv' }],
      measured('ours', 5),
    );
    expect(linesOf(alone).at(-1)).toBe('    mark ≤ 1.5 × runsv: not measured');
  });

  it('has a row of Markdown, in which a bar ends no cell', () => {
    expect(rowOf(summary)).toBe(
      '| time of a thing | 6.00 ms | 2000 ms (1/333 ×) | cat \\| cat 3.00 ms ' +
        '| ≤ 1/300 × supervisord, ≤ 1.5 × cat \\| cat, ≤ 10 | reached (1/333 ×), missed (2.00 ×), reached |',
    );
  });
});
