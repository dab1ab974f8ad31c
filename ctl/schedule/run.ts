import { askAgain, comebackMs } from '../comeback.ts';
import { type ExitStatus, exitStatuses } from '../exit-status.ts';
import { outcomeText } from './job-text.ts';
import type { RunInfo } from './scheduler-api.ts';
import type { ScheduleSession, Subcommand } from './subcommand.ts';
import { onlyName, readWords } from './words.ts';

/** `schedule run`: now, beside its times. */
export const run: Subcommand = {
  help: [
    ['schedule run <name>', 'Run a schedule now'],
    ['schedule run <name> --wait', 'The same, and end with the exit status of the run'],
    ['schedule run <name> --force', 'The same at once, however many runs are under way'],
  ],
  completes: 'schedules',
  async run(using, words) {
    const { session, scheduler } = using;
    const read = readWords(words, { flags: ['--wait', '--force'] });
    const name = onlyName(read, 'name');
    const id = await scheduler.runJob(name, { force: read.flags.has('--force') });
    session.print(`${name}: run ${id}`);
    if (!read.flags.has('--wait')) return exitStatuses.SUCCESS;
    const ended = await waitFor(using, id);
    if (ended === undefined) {
      session.print('ERROR: the server has gone before the run has ended');
      return exitStatuses.GENERIC;
    }
    session.print(`${name}: ${outcomeText(ended)}`);
    return statusOf(ended);
  },
};

/**
 * Waits for the end of a run; a server that is upgraded, or dies and comes back, goes on with it.
 *
 * @returns `undefined`: the server does not come back
 */
async function waitFor({ scheduler }: ScheduleSession, id: string): Promise<RunInfo | undefined> {
  for (;;) {
    const ask = () => scheduler.getRun(id, { wait: true });
    const found = await askAgain(ask, { patienceMs: comebackMs });
    if (found === undefined || !found.isActive) return found;
  }
}

/** The run's own exit status; as shells have it for a signal; 1 for a failure that has none. */
function statusOf({ state, exitstatus, signal }: RunInfo): ExitStatus {
  const isSuccess = state === 'SUCCESS';
  const own = signal === undefined ? exitstatus : 128 + signal.number;
  const status = own ?? (isSuccess ? exitStatuses.SUCCESS : exitStatuses.GENERIC);
  // Programs have statuses that are none of ours. One that fails with 0 must not look like a success.
  return (isSuccess || status !== 0 ? status : exitStatuses.GENERIC) as ExitStatus;
}
