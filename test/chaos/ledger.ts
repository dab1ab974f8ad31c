/** Compares what programs have written with what is in their logs. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What became of the lines of a program, or of several. */
export interface Ledger {
  /** Lines whose write had returned. */
  readonly written: number;
  /** Children that wrote any. */
  readonly children: number;
  /** Of those written, the ones that are in no log. */
  readonly lost: number;
  /** Lines that are there once more. */
  readonly doubled: number;
  /** What is no line as it was written. */
  readonly torn: number;
  /** Lines that stand before one that was written earlier. */
  readonly displaced: number;
  /** Files, rotated ones included. */
  readonly files: number;
  /** Some of what is wrong, for people. */
  readonly examples: readonly string[];
}

const linePattern = /^(\S+) (\S+) (\d+)$/;
const mostExamples = 10;

/** How many lines each child of a writer has written, by what the lines call it. */
export function writtenBy(directory: string, name: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const file of readdirSync(directory)) {
    if (!file.startsWith(`${name}.`) || !file.endsWith('.count')) continue;
    const { size } = statSync(join(directory, file));
    counts.set(file.slice(name.length + 1, -'.count'.length), size);
  }
  return counts;
}

/**
 * @param log path of the log; its backups stand before it
 * @param excused pids of children whose last lines may be missing
 */
export function ledgerOf(
  directory: string,
  name: string,
  log: string,
  excused: ReadonlySet<number> = new Set(),
): Ledger {
  const counts = writtenBy(directory, name);
  const seen = new Map<string, number>();
  const examples: string[] = [];
  let [lost, doubled, torn, displaced] = [0, 0, 0, 0];
  let present = '';
  const tell = (problem: string) => {
    if (examples.length < mostExamples) examples.push(`${name}: ${problem}`);
  };
  const files = filesOf(log);
  for (const { line, where } of linesOf(files)) {
    const [, writer, child = '', digits] = linePattern.exec(line) ?? [];
    const number = Number(digits);
    if (writer !== name || !counts.has(child)) {
      torn += 1;
      tell(`"${line}" is torn (${where})`);
      continue;
    }
    const before = seen.get(child) ?? 0;
    if (child !== present && before > 0) {
      displaced += 1;
      tell(`"${line}" stands after lines of a later child (${where})`);
    }
    present = child;
    if (number <= before) {
      doubled += 1;
      tell(`"${line}" is there after ${before} (${where})`);
    } else {
      lost += number - before - 1;
      if (number > before + 1) tell(`${before + 1} to ${number - 1} of ${child} are missing (${where})`);
      seen.set(child, number);
    }
  }
  let written = 0;
  for (const [child, count] of counts) {
    written += count;
    const last = seen.get(child) ?? 0;
    // One that was killed between a write and its count has written one more.
    if (last > count + 1) tell(`${child} counted ${count} lines, and ${last} are there`);
    if (last >= count || excused.has(Number.parseInt(child, 10))) continue;
    lost += count - last;
    tell(`the last ${count - last} lines of ${child}, after ${last}, are missing`);
  }
  return { written, children: counts.size, lost, doubled, torn, displaced, files: files.length, examples };
}

export function sumOf(ledgers: readonly Ledger[]): Ledger {
  const sum = (count: (ledger: Ledger) => number): number =>
    ledgers.reduce((total, ledger) => total + count(ledger), 0);
  return {
    written: sum(({ written }) => written),
    children: sum(({ children }) => children),
    lost: sum(({ lost }) => lost),
    doubled: sum(({ doubled }) => doubled),
    torn: sum(({ torn }) => torn),
    displaced: sum(({ displaced }) => displaced),
    files: sum(({ files }) => files),
    examples: ledgers.flatMap(({ examples }) => examples),
  };
}

/** The oldest first. A daemon that is killed while it renames them may leave out a number. */
function filesOf(log: string): string[] {
  const numbers = readdirSync(dirname(log))
    .filter((file) => file.startsWith(`${basename(log)}.`))
    .map((file) => Number(file.slice(basename(log).length + 1)))
    .filter(Number.isInteger);
  const backups = numbers.sort((one, other) => other - one).map((number) => `${log}.${number}`);
  return existsSync(log) ? [...backups, log] : backups;
}

/** A rotation may come within a line. */
function* linesOf(files: readonly string[]): Generator<{ line: string; where: string }> {
  let rest = '';
  for (const file of files) {
    const lines = (rest + readFileSync(file, 'latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield { line, where: file };
  }
  if (rest !== '') yield { line: rest, where: 'the end' };
}
