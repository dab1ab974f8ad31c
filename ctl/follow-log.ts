import { type ExitStatus, exitStatuses } from './exit-status.ts';
import { ConnectionFailure, HttpFailure } from './failures.ts';
import type { Session } from './session.ts';
import type { LogChannel } from './supervisor-api.ts';

/** A log that the server lets one follow. */
export interface LogPath {
  /** The path as a request names it. */
  readonly path: string;
  /** The path as messages show it: names as they were typed. */
  readonly shown: string;
}

export const mainLogPath: LogPath = { path: '/mainlogtail', shown: '/mainlogtail' };

/** @param name a namespec */
export function processLogPath(name: string, channel: LogChannel): LogPath {
  const path = `/logtail/${encodeURIComponent(name).replaceAll('%3A', ':')}/${channel}`;
  return { path, shown: `/logtail/${name}/${channel}` };
}

/** Prints a log as it grows, until Ctrl-C or the server's end. Failures are told on stderr. */
export async function followLog(session: Session, log: LogPath): Promise<ExitStatus> {
  session.print('==> Press Ctrl-C to exit <==');
  let exitStatus: ExitStatus = exitStatuses.SUCCESS;
  const end = await session.untilInterrupted(async (abortSignal) => {
    exitStatus = await copyLog(session, log, abortSignal);
  });
  if (end === 'interrupted') session.print('');
  return exitStatus;
}

async function copyLog(session: Session, log: LogPath, abortSignal: AbortSignal): Promise<ExitStatus> {
  try {
    for await (const chunk of await session.follow(log.path, abortSignal)) session.output.write(chunk);
    return exitStatuses.SUCCESS;
  } catch (error) {
    if (abortSignal.aborted) return exitStatuses.SUCCESS;
    const trouble = describeTrouble(error);
    // A server that goes away in the middle ends the log, as it would by closing it.
    if (trouble === undefined) return exitStatuses.SUCCESS;
    session.output.printError(`${session.serverurl}${log.shown} ${trouble}`);
    return exitStatuses.GENERIC;
  }
}

/** `undefined`: the answer had begun when the connection broke. */
export function describeTrouble(error: unknown): string | undefined {
  if (error instanceof HttpFailure) return `Cannot read, status code ${error.status}`;
  if (error instanceof ConnectionFailure) return `Cannot connect, error: ${error.code ?? error.message}`;
  if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return undefined;
  throw error;
}
