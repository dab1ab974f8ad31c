import { describe, expect, it } from '@jest/globals';
import { benchmarks } from '../../bench/benchmarks.ts';
import { markText, tableHead } from '../../bench/report.ts';
import { readPage } from './pages.ts';

/** Marks by the name of their figure, as the tables of the page have them. */
function marksOfPage(): Record<string, string> {
  const rows = readPage('docs/performance.md')
    .split(`${tableHead.join('\n')}\n`)
    .slice(1);
  const cells = rows
    .flatMap((table) => (table.split('\n\n')[0] ?? '').trim().split('\n'))
    .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')));
  return Object.fromEntries(cells.map((row) => [row[1], row[5] ?? '']).filter(([, mark]) => mark !== ''));
}

function marksOfBenchmarks(): Record<string, string> {
  const marks: Record<string, string> = {};
  for (const mark of benchmarks.flatMap((benchmark) => benchmark.marks)) {
    const others = marks[mark.figure];
    marks[mark.figure] = others === undefined ? markText(mark) : `${others}, ${markText(mark)}`;
  }
  return marks;
}

describe('the page about performance', () => {
  it('has a row for each figure with a mark, and the marks that the benchmarks have', () => {
    expect(marksOfPage()).toEqual(marksOfBenchmarks());
  });

  it('names the command that measures only what there is', () => {
    const names = benchmarks.map(({ name }) => name);
    const [, words = ''] =
      /npm run bench -- ((?:[a-z-]+ )+) +some of it/.exec(readPage('docs/performance.md')) ?? [];
    expect(words.trim().split(' ')).toEqual(expect.arrayContaining(['respawn']));
    expect(names).toEqual(expect.arrayContaining(words.trim().split(' ')));
    expect(new Set(names).size).toBe(names.length);
  });
});
