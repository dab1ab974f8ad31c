/** How summaries are shown: as lines on a terminal, and as rows of the table in docs/performance.md. */
import type { Mark } from './benchmark.ts';
import type { Result, Summary, Verdict } from './summary.ts';

/** A heading, and a line for each contender. */
export function linesOf({ figure, unit, results, verdicts }: Summary): string[] {
  const absolute = verdicts.filter(({ mark }) => mark.against === undefined).map(verdictText);
  const lines = results.map((result) => {
    const own = verdicts.filter(({ mark }) => mark.against === result.contender).map(verdictText);
    const cells = [
      result.contender.padEnd(14),
      spreadText(result).padEnd(34),
      (result.ratio === undefined ? '' : `${ratioText(result.ratio)} ×`).padEnd(10),
      ...(result.contender === 'ours' ? absolute : own),
    ];
    return `    ${cells.join(' ').trimEnd()}`;
  });
  const unmeasured = verdicts.filter(({ value }) => value === undefined).map(verdictText);
  return [`  ${figure} [${unit}]`, ...lines, ...unmeasured.map((text) => `    ${text}`)];
}

/** The head of the table that `rowOf` makes rows of. */
export const tableHead = [
  '| what | ours | supervisord | others | mark | |',
  '|---|---|---|---|---|---|',
] as const;

/** One row of Markdown. */
export function rowOf({ figure, unit, results, verdicts }: Summary): string {
  const valueText = (result: Result | undefined): string =>
    result === undefined ? '–' : `${numberText(result.spread.median)} ${unit}`;
  const named = (name: string): Result | undefined => results.find(({ contender }) => contender === name);
  const others = results
    .filter(({ contender }) => contender !== 'ours' && contender !== 'supervisord')
    .map((result) => `${result.contender} ${valueText(result)}`);
  const { ratio } = named('supervisord') ?? {};
  const cells = [
    figure,
    valueText(named('ours')),
    valueText(named('supervisord')) + (ratio === undefined ? '' : ` (${ratioText(ratio)} ×)`),
    others.join(', '),
    verdicts.map(({ mark }) => markText(mark)).join(', '),
    verdicts.map(outcomeText).join(', '),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function verdictText(verdict: Verdict): string {
  return `mark ${markText(verdict.mark)}: ${outcomeText(verdict)}`;
}

/** Such as `≤ 0.6 × supervisord`. */
export function markText({ limit, against }: Mark): string {
  const [sign, bound] = 'atMost' in limit ? ['≤', limit.atMost] : ['≥', limit.atLeast];
  const text = bound > 0 && bound < 0.01 ? fractionText(bound) : String(bound);
  return against === undefined ? `${sign} ${text}` : `${sign} ${text} × ${against}`;
}

function outcomeText({ value, isReached, mark }: Verdict): string {
  if (value === undefined) return 'not measured';
  const text = mark.against === undefined ? '' : ` (${ratioText(value)} ×)`;
  return `${isReached ? 'reached' : 'missed'}${text}`;
}

function spreadText({ spread: { median, minimum, maximum, count } }: Result): string {
  return `${numberText(median)} (${numberText(minimum)}–${numberText(maximum)}, n=${count})`;
}

function ratioText(ratio: number): string {
  if (ratio === 0) return '0';
  return ratio < 0.01 ? fractionText(ratio) : ratio.toPrecision(3);
}

/** Such as `1/300`. */
function fractionText(small: number): string {
  return `1/${Math.round(1 / small)}`;
}

function numberText(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
