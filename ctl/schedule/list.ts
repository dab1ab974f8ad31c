import { exitStatuses } from '../exit-status.ts';
import { plain } from '../plain-value.ts';
import { lastText, nextText } from './job-text.ts';
import type { JobInfo } from './scheduler-api.ts';
import type { ScheduleSession, Subcommand } from './subcommand.ts';
import { tableLines } from './table.ts';
import { Misuse, readWords } from './words.ts';

/** `schedule list`: all schedules, or those named. */
export const list: Subcommand = {
  help: [
    ['schedule list [<name>...]', 'Show schedules: when they run next, and how they ended last'],
    ['schedule list --json', 'The same for programs'],
    ['schedule list --print-jobs', 'The same as APScheduler prints it'],
  ],
  completes: 'schedules',
  async run({ session, scheduler, now }, words) {
    const { names, flags } = readWords(words, { flags: ['--json', '--print-jobs'] });
    if (flags.size > 1) throw new Misuse('--json and --print-jobs do not go together');
    const all = await scheduler.getAllJobs();
    const unknown = names.filter((name) => !all.some(({ id }) => id === name));
    const jobs = names.length === 0 ? all : all.filter(({ id }) => names.includes(id));
    const isTable = flags.size === 0;
    for (const name of unknown) {
      const line = `${name}: ERROR (no such schedule)`;
      isTable ? session.print(line) : session.output.printError(line);
    }
    if (flags.has('--json')) session.print(JSON.stringify(jobs.map(jobJson), undefined, 2));
    else if (flags.has('--print-jobs')) session.printAll(printedJobs(jobs));
    else await printTable({ session, scheduler, now }, jobs);
    return unknown.length > 0 ? exitStatuses.GENERIC : exitStatuses.SUCCESS;
  },
};

async function printTable(
  { session, scheduler, now }: ScheduleSession,
  jobs: readonly JobInfo[],
): Promise<void> {
  const rows = jobs.map((job) => [
    job.id,
    job.trigger,
    nextText(job, now()),
    lastText(job, now()),
    job.state,
  ]);
  session.printAll(tableLines([['NAME', 'TRIGGER', 'NEXT', 'LAST', 'STATE'], ...rows]));
  const { statename, problem } = await scheduler.getState();
  // Without schedules there is nothing to run. Else a table like any other should not hide that nothing will happen.
  if ((statename === 'RUNNING' || statename === 'STOPPED') && problem === '') return;
  session.print(`scheduler: ${statename}${problem === '' ? '' : ` (${problem})`}`);
}

function jobJson({ members }: JobInfo) {
  return plain(members);
}

/** @see apscheduler/schedulers/base.py, `print_jobs` */
function printedJobs(jobs: readonly JobInfo[]): readonly string[] {
  const lines = jobs.map(({ name, trigger, next, isPaused }) => {
    const when = next === undefined ? undefined : `next run at: ${next.iso.replace('T', ' ')}`;
    return `    ${name} (trigger: ${trigger}, ${when ?? (isPaused ? 'paused' : 'no next run')})`;
  });
  return ['Jobstore default:', ...(lines.length === 0 ? ['    No scheduled jobs'] : lines)];
}
