import { exitStatuses } from '../exit-status.ts';
import { plain } from '../plain-value.ts';
import { lastText, nextText, runName } from './job-text.ts';
import type { Subcommand } from './subcommand.ts';
import { tableLines } from './table.ts';
import { onlyName, readWords } from './words.ts';

/** `schedule show`: all of one schedule. */
export const show: Subcommand = {
  help: [['schedule show <name> [--json]', 'Show a schedule, and where each of its keys comes from']],
  completes: 'schedules',
  async run({ session, scheduler, now }, words) {
    const read = readWords(words, { flags: ['--json'] });
    const job = await scheduler.getJob(onlyName(read, 'name'));
    if (read.flags.has('--json')) {
      session.print(JSON.stringify(plain(job.members), undefined, 2));
      return exitStatuses.SUCCESS;
    }
    const rows = [
      ['name', job.id],
      ['from', job.origin],
      ['runs', job.action],
      ['trigger', job.trigger],
      ['timezone', job.timezone],
      ['state', job.state],
      ['next', nextText(job, now())],
      ['last', lastText(job, now())],
      ...job.activeRuns.map((run) => ['under way', `${runName(run)} ${run.state}`]),
    ];
    session.printAll(tableLines(rows));
    const keys = [...job.keys].map(([key, { value, origin }]) => [key, value, origin]);
    if (keys.length > 0) session.printAll(['', ...tableLines([['KEY', 'VALUE', 'ORIGIN'], ...keys])]);
    return exitStatuses.SUCCESS;
  },
};
