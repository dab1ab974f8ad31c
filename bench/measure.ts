import type { Benchmark, Contender, Figure } from './benchmark.ts';
import { type Summary, summarise } from './summary.ts';

export interface Outcome {
  readonly summaries: readonly Summary[];
  /** Sentences about what could not be run, or has failed. */
  readonly notRun: readonly string[];
  readonly hasFailed: boolean;
}

/**
 * Runs the contenders of a benchmark in turns. Each round begins with another one, so that none is always
 * the first on a machine that has just been busy. One that fails takes no further part.
 */
export async function measure({ name, rounds, contenders, marks }: Benchmark): Promise<Outcome> {
  const notRun: string[] = [];
  let hasFailed = false;
  const able = contenders.filter((contender) => {
    const lacking = contender.lacks?.();
    if (lacking !== undefined) notRun.push(`${name}, ${contender.name}: not run: ${lacking}`);
    return lacking === undefined;
  });
  const figures = new Map<Contender, Figure[]>(able.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of rotated(able, round)) {
      const own = figures.get(contender);
      if (own === undefined || round >= (contender.rounds ?? rounds)) continue;
      try {
        own.push(...(await contender.run()));
      } catch (error) {
        hasFailed = true;
        figures.delete(contender);
        notRun.push(`${name}, ${contender.name}: failed: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  const measured = contenders.flatMap((contender) => {
    const own = figures.get(contender);
    return own === undefined ? [] : [{ contender: contender.name, figures: own }];
  });
  const summaries = summarise({ marks }, measured);
  for (const figure of new Set(marks.map((mark) => mark.figure))) {
    if (!summaries.some((summary) => summary.figure === figure)) {
      notRun.push(`${name}: nothing was measured of "${figure}", which has a mark`);
    }
  }
  return { summaries, notRun, hasFailed };
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const first = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}
