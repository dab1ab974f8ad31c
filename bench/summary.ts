/** From the figures of all rounds to what is told of them. */
import type { Benchmark, Figure, Mark } from './benchmark.ts';

export interface Spread {
  readonly median: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
}

/** One contender's values of a figure. */
export interface Result {
  readonly contender: string;
  readonly spread: Spread;
  /** The median of ours divided by this one's; for the others, as far as both are there. */
  readonly ratio?: number;
}

/** What became of a mark. */
export interface Verdict {
  readonly mark: Mark;
  /** What the mark is about: the ratio, or the median of ours; `undefined` if that was not measured. */
  readonly value?: number;
  readonly isReached?: boolean;
}

/** Everything about one figure of a benchmark. */
export interface Summary {
  readonly figure: string;
  readonly unit: string;
  readonly results: readonly Result[];
  readonly verdicts: readonly Verdict[];
}

/** What one contender has measured in all its runs. */
export interface Measured {
  readonly contender: string;
  readonly figures: readonly Figure[];
}

/** One summary for each figure, in the order in which they were first measured. */
export function summarise({ marks }: Pick<Benchmark, 'marks'>, measured: readonly Measured[]): Summary[] {
  const units = new Map(measured.flatMap(({ figures }) => figures.map(({ name, unit }) => [name, unit])));
  return [...units].map(([figure, unit]) => {
    const results = resultsOf(figure, measured);
    const verdicts = marks
      .filter((mark) => mark.figure === figure)
      .map((mark) => ({ mark, ...judge(mark, results) }));
    return { figure, unit, results, verdicts };
  });
}

function resultsOf(figure: string, measured: readonly Measured[]): Result[] {
  const spreads = measured.flatMap(({ contender, figures }) => {
    const values = figures.filter(({ name }) => name === figure).map(({ value }) => value);
    return values.length === 0 ? [] : [{ contender, spread: spreadOf(values) }];
  });
  const ours = spreads.find(({ contender }) => contender === 'ours')?.spread.median;
  return spreads.map((result) => {
    const { median } = result.spread;
    const hasRatio = result.contender !== 'ours' && ours !== undefined && median !== 0;
    return hasRatio ? { ...result, ratio: ours / median } : result;
  });
}

function judge({ limit, against }: Mark, results: readonly Result[]): Omit<Verdict, 'mark'> {
  const value =
    against === undefined
      ? results.find(({ contender }) => contender === 'ours')?.spread.median
      : results.find(({ contender }) => contender === against)?.ratio;
  if (value === undefined) return {};
  return { value, isReached: 'atMost' in limit ? value <= limit.atMost : value >= limit.atLeast };
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
