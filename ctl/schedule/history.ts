import { exitStatuses } from '../exit-status.ts';
import { plain } from '../plain-value.ts';
import { errorText, runName, timeText } from './job-text.ts';
import type { RunInfo } from './scheduler-api.ts';
import { spanText } from './spans.ts';
import type { Subcommand } from './subcommand.ts';
import { tableLines } from './table.ts';
import { countOf, Misuse, readWords } from './words.ts';

/** `schedule history`: what has become of fires, newest first. */
export const history: Subcommand = {
  help: [
    ['schedule history [<name>]', 'Show the last 20 runs, newest first'],
    ['schedule history -n <n>', 'Show more of them, or fewer'],
    ['schedule history --failed', 'Show only those that went wrong'],
    ['schedule history --json', 'The same for programs'],
  ],
  completes: 'schedules',
  async run({ session, scheduler }, words) {
    const read = readWords(words, { flags: ['--failed', '--json'], values: ['-n'] });
    const [name = '', extra] = read.names;
    if (extra !== undefined) throw new Misuse(`too many arguments: ${extra}`);
    const runs = await scheduler.getRuns(name, {
      limit: countOf(read, { otherwise: 20, most: 10_000 }),
      states: read.flags.has('--failed') ? ['failed'] : [],
    });
    if (read.flags.has('--json')) {
      session.print(
        JSON.stringify(
          runs.map(({ members }) => plain(members)),
          undefined,
          2,
        ),
      );
    } else {
      session.printAll(tableLines(table(runs, { isOfAll: name === '' })));
    }
    return exitStatuses.SUCCESS;
  },
};

interface Column {
  readonly heading: string;
  readonly cell: (run: RunInfo) => string;
}

const columns: readonly Column[] = [
  { heading: 'RUN', cell: runName },
  { heading: 'NAME', cell: ({ job }) => job },
  { heading: 'FIRE', cell: ({ fire }) => (fire === undefined ? '-' : timeText(fire)) },
  {
    heading: 'START (LATE)',
    cell: ({ start, late }) => (start === undefined ? '-' : `${timeText(start)} (${spanText(late)})`),
  },
  { heading: 'DURATION', cell: ({ start, duration }) => (start === undefined ? '-' : spanText(duration)) },
  { heading: 'OUTCOME', cell: ({ state, count }) => (count === 1 ? state : `${state} x${count}`) },
  { heading: 'EXIT', cell: ({ exitstatus, signal }) => signal?.name ?? String(exitstatus ?? '-') },
  { heading: 'TRIGGER', cell: ({ cause }) => cause },
  { heading: 'NODE', cell: ({ node }) => node },
  { heading: 'ERROR', cell: errorText },
];

/** Columns that would say the same of every run are left out. */
function table(runs: readonly RunInfo[], { isOfAll }: { readonly isOfAll: boolean }): readonly string[][] {
  const hasError = runs.some((run) => errorText(run) !== '');
  const shown = columns.filter(
    ({ heading }) => (heading !== 'NAME' || isOfAll) && (heading !== 'ERROR' || hasError),
  );
  return [shown.map(({ heading }) => heading), ...runs.map((run) => shown.map(({ cell }) => cell(run)))];
}
