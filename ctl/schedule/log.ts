import { errorCode } from '../../conf/error-code.ts';
import { askAgain, comebackMs } from '../comeback.ts';
import { type ExitStatus, exitStatuses } from '../exit-status.ts';
import { HttpFailure, isFault } from '../failures.ts';
import { follow } from '../follow-log.ts';
import type { Session } from '../session.ts';
import type { LogChannel } from '../supervisor-api.ts';
import { readRunName } from './job-text.ts';
import { type RunInfo, runLogPath } from './scheduler-api.ts';
import type { ScheduleSession, Subcommand } from './subcommand.ts';
import { Misuse, readWords } from './words.ts';

/** `schedule log`: what a run has written. */
export const log: Subcommand = {
  help: [
    ['schedule log [-f] <run> [stdout|stderr]', 'Show what a run has written (default stdout)'],
    ['schedule log [-f] <name> [stdout|stderr]', 'The same of the last run of a schedule'],
    ['', 'With -f until it has ended; Ctrl-C to exit'],
  ],
  completes: 'schedules',
  async run(using, words) {
    const { names, flags } = readWords(words, { flags: ['-f'] });
    const [name, channel = 'stdout', extra] = names;
    if (name === undefined) throw new Misuse('no run given');
    if (extra !== undefined) throw new Misuse(`too many arguments: ${extra}`);
    if (channel !== 'stdout' && channel !== 'stderr') throw new Misuse(`bad channel '${channel}'`);
    const { session } = using;
    const run = await findRun(using, name);
    if (run === undefined) {
      session.print(`${name}: ERROR (it has not run yet)`);
      return exitStatuses.GENERIC;
    }
    const isFollowed = flags.has('-f');
    try {
      if (!isFollowed) return await printLog(using, run, channel);
      const shown = runLogPath(run, channel, { isFollowed });
      return await follow(session, shown, (signal) => copyLog(using, run, { channel, signal }));
    } catch (error) {
      if (!(error instanceof HttpFailure) || error.status !== 404) throw error;
      session.print(`${name}: ERROR (no log file)`);
      return exitStatuses.GENERIC;
    }
  },
};

/** The run of that id, or the last one of the schedule of that name that was started; `undefined`: there was none. */
async function findRun({ scheduler }: ScheduleSession, name: string): Promise<RunInfo | undefined> {
  const { id, attempt } = readRunName(name);
  try {
    const run = await scheduler.getRun(id, { wait: false });
    return attempt === undefined ? run : { ...run, attempt };
  } catch (error) {
    if (!isFault(error, 'BAD_NAME')) throw error;
    const [last] = await scheduler.getRuns(name, { limit: 1, states: startedStates });
    return last;
  }
}

/** The others were never started. */
const startedStates = ['active', 'SUCCESS', 'FAILED', 'TIMEOUT', 'CANCELLED', 'SPAWN_ERROR', 'LOST'];

async function printLog(
  { session }: ScheduleSession,
  run: RunInfo,
  channel: LogChannel,
): Promise<ExitStatus> {
  const path = runLogPath(run, channel, { isFollowed: false });
  for await (const chunk of await session.follow(path, new AbortController().signal)) {
    session.output.write(chunk);
  }
  return exitStatuses.SUCCESS;
}

/** A server may end streams at once, with nothing in them: after so many in a row it is taken at its word. */
const mostFutileStreams = 3;

/** Prints the log until the run has ended; a server that is upgraded, or dies and comes back, goes on with it. */
async function copyLog(
  { session, scheduler }: ScheduleSession,
  run: RunInfo,
  { channel, signal }: { readonly channel: LogChannel; readonly signal: AbortSignal },
): Promise<void> {
  const patience = { patienceMs: comebackMs, abortSignal: signal };
  let offset = 0;
  for (let futile = 0; futile < mostFutileStreams; ) {
    const path = runLogPath(run, channel, { isFollowed: true, offset });
    const open = () => session.follow(path, signal);
    // The first time, a server that is not there is an error.
    const stream = await (offset + futile === 0 ? open() : askAgain(open, patience));
    if (stream === undefined) return;
    const length = await print(session, stream);
    offset += length;
    const now = await askAgain(() => scheduler.getRun(run.id, { wait: false }), patience);
    // One that has broken off may have left out the end.
    if (signal.aborted || now === undefined || (!now.isActive && length === 0)) return;
    futile = length > 0 ? 0 : futile + 1;
  }
}

/** @returns how many bytes there were until the stream ended, or broke off */
async function print(session: Session, stream: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0;
  try {
    for await (const chunk of stream) {
      session.output.write(chunk);
      length += chunk.length;
    }
  } catch (error) {
    if (errorCode(error) !== 'ECONNRESET') throw error;
  }
  return length;
}
