import { faults } from '../../rpc/faults.ts';
import { processStates } from '../../rpc/process-states.ts';
import { type Command, explainUsage } from '../command.ts';
import { exitStatuses } from '../exit-status.ts';
import { Interrupted, isFault, ServerFault } from '../failures.ts';
import { copyLog, describeTrouble, processLogPath } from '../follow-log.ts';
import type { Session } from '../session.ts';
import type { LogChannel, ProcessInfo } from '../supervisor-api.ts';

/** `fg`: shows what a process writes, and sends it what is typed. */
export const fg: Command = {
  help: ['fg <process>\tConnect to a process in foreground mode', '\t\tCtrl-C to exit'],
  upcheck: true,
  async run(session, { words }) {
    const [name, ...others] = words;
    if (name === undefined) {
      explainUsage(session, 'ERROR: no process name supplied', fg);
      return exitStatuses.GENERIC;
    }
    const mistake = others.length > 0 ? 'too many process names supplied' : await findMistake(session, name);
    if (mistake !== undefined) {
      session.print(`ERROR: ${mistake}`);
      return exitStatuses.GENERIC;
    }
    session.print('==> Press Ctrl-C to exit <==');
    const controller = new AbortController();
    const logs = [
      showLog(session, name, 'stdout', controller.signal),
      showLog(session, name, 'stderr', controller.signal),
    ];
    try {
      await sendLines(session, name);
    } finally {
      // Both are over before the prompt returns, so that nothing is written behind it.
      controller.abort();
      await Promise.all(logs);
    }
    session.print('Exiting foreground');
    return exitStatuses.SUCCESS;
  },
};

async function findMistake(session: Session, name: string): Promise<string | undefined> {
  try {
    return isRunning(await session.supervisor.getProcessInfo(name)) ? undefined : 'process not running';
  } catch (error) {
    if (isFault(error, 'BAD_NAME')) return 'bad process name supplied';
    throw error;
  }
}

function isRunning({ state }: ProcessInfo): boolean {
  return state === processStates.RUNNING;
}

/** Sends each line that is typed, until the input ends, Ctrl-C, or the process is not running any more. */
async function sendLines(session: Session, name: string): Promise<void> {
  try {
    for (;;) {
      const line = await session.input.readLine('');
      if (line === undefined) return;
      await session.supervisor.sendProcessStdin(name, `${line}\n`);
      if (isRunning(await session.supervisor.getProcessInfo(name))) continue;
      session.print('Process got killed');
      return;
    }
  } catch (error) {
    if (error instanceof Interrupted) return;
    if (!(error instanceof ServerFault)) throw error;
    const isDown = error.code === faults.NOT_RUNNING;
    session.print(isDown ? 'Process got killed' : `ERROR: ${error.message}`);
  }
}

/** Shows one of the process's logs until aborted. A log that the process does not have is no failure. */
async function showLog(
  session: Session,
  name: string,
  channel: LogChannel,
  abortSignal: AbortSignal,
): Promise<void> {
  try {
    await copyLog(session, processLogPath(name, channel), abortSignal);
  } catch (error) {
    if (!abortSignal.aborted) describeTrouble(error);
  }
}
