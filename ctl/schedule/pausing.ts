/** `schedule pause`, `resume`, `off` and `on`. */
import { exitStatuses } from '../exit-status.ts';
import { prospectText } from './job-text.ts';
import { forEachName } from './names.ts';
import type { JobInfo } from './scheduler-api.ts';
import type { ScheduleSession, Subcommand } from './subcommand.ts';
import { Misuse, readWords } from './words.ts';

/** Schedules are not run by themselves. */
export const pause: Subcommand = {
  help: [['schedule pause <name>... | all', 'Run schedules no more by themselves; runs under way go on']],
  completes: 'schedules',
  async run(using, words) {
    const names = await namesOf(using, words, (job) => !job.isPaused);
    return forEachName(using, names, async (name) => {
      await using.scheduler.pauseJob(name);
      return 'paused';
    });
  },
};

/** They are again. */
export const resume: Subcommand = {
  help: [['schedule resume <name>... | all', 'Run them again, from now on']],
  completes: 'schedules',
  async run(using, words) {
    const names = await namesOf(using, words, (job) => job.isPaused);
    return forEachName(using, names, async (name) => {
      const job = await using.scheduler.resumeJob(name);
      return `resumed, ${prospectText(job)}`;
    });
  },
};

/** The whole scheduler. */
export const off: Subcommand = {
  help: [['schedule off', 'Run no schedule by itself']],
  async run({ session, scheduler }, words) {
    refuseNames(words);
    await scheduler.pause();
    session.print('scheduler: paused');
    return exitStatuses.SUCCESS;
  },
};

/** The whole scheduler, again. */
export const on: Subcommand = {
  help: [['schedule on', 'Run them again, and what has come due meanwhile as each one says']],
  async run({ session, scheduler }, words) {
    refuseNames(words);
    await scheduler.resume();
    session.print('scheduler: resumed');
    return exitStatuses.SUCCESS;
  },
};

/** @param isMeant which ones `all` stands for: to resume what is not paused would change when it runs */
async function namesOf(
  { scheduler }: ScheduleSession,
  words: readonly string[],
  isMeant: (job: JobInfo) => boolean,
): Promise<readonly string[]> {
  const { names } = readWords(words, {});
  if (names.length === 0) throw new Misuse('no name given');
  if (!names.includes('all')) return names;
  return (await scheduler.getAllJobs()).filter(isMeant).map(({ id }) => id);
}

function refuseNames(words: readonly string[]): void {
  const [word] = readWords(words, {}).names;
  if (word !== undefined) throw new Misuse(`too many arguments: ${word}; one schedule is paused by its name`);
}
