import { exitStatuses } from '../exit-status.ts';
import { outcomeText, readRunName } from './job-text.ts';
import type { Subcommand } from './subcommand.ts';
import { onlyName, readWords } from './words.ts';

/** `schedule stop`: ends a run. */
export const stop: Subcommand = {
  help: [['schedule stop <run>', 'End a run, as its program is stopped']],
  async run({ session, scheduler }, words) {
    const { id } = readRunName(onlyName(readWords(words, {}), 'run'));
    const ended = await session.whileWaiting(scheduler.stopRun(id));
    session.print(`${ended.job}: run ${id} ${outcomeText(ended)}`);
    return exitStatuses.SUCCESS;
  },
};
