import { errorCode } from '../conf/error-code.ts';
import { askAgain, comebackMs } from './comeback.ts';
import { type ExitStatus, exitStatuses } from './exit-status.ts';
import { ConnectionFailure, HttpFailure } from './failures.ts';
import { LogContinuation } from './log-continuation.ts';
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
export function followLog(session: Session, log: LogPath): Promise<ExitStatus> {
  return follow(session, log.shown, (abortSignal) => copyLog(session, log, abortSignal));
}

/**
 * Copies a log until its end, or Ctrl-C. Failures are told on stderr.
 *
 * @param shown the path of the log as messages show it
 */
export async function follow(
  session: Session,
  shown: string,
  copy: (abortSignal: AbortSignal) => Promise<void>,
): Promise<ExitStatus> {
  session.print('==> Press Ctrl-C to exit <==');
  let exitStatus: ExitStatus = exitStatuses.SUCCESS;
  const end = await session.untilInterrupted(async (abortSignal) => {
    try {
      await copy(abortSignal);
    } catch (error) {
      if (abortSignal.aborted) return;
      session.output.printError(`${session.serverurl}${shown} ${describeTrouble(error)}`);
      exitStatus = exitStatuses.GENERIC;
    }
  });
  if (end === 'interrupted') session.print('');
  return exitStatus;
}

/** A server may end streams at once, with nothing new in them: after so many in a row it is taken at its word. */
const mostFutileStreams = 3;
const shortestStreamMs = 1000;

/**
 * Prints a log as it grows, until `abortSignal` or the server ends it. One that is upgraded, or dies and is
 * started again, goes on where it was; what its log grows by until then is shown as far as the server sends it.
 *
 * @throws {ConnectionFailure} if the server cannot be reached
 * @throws {HttpFailure} for any HTTP status but 200
 */
export async function copyLog(session: Session, { path }: LogPath, abortSignal: AbortSignal): Promise<void> {
  const log = new LogContinuation();
  let stream: AsyncIterable<Uint8Array> | undefined = await session.follow(path, abortSignal);
  for (let futile = 0; stream !== undefined; ) {
    const beginning = performance.now();
    log.begin();
    const { isBroken, hasNews } = await print(session, stream, log);
    futile = hasNews || performance.now() - beginning >= shortestStreamMs ? 0 : futile + 1;
    if (abortSignal.aborted || futile === mostFutileStreams) return;
    // One that ends in order says so, and is upgraded or gone.
    const again = () => session.follow(path, abortSignal);
    stream = await askAgain(again, { abortSignal, patienceMs: isBroken ? comebackMs : 0 });
  }
}

/** How a stream of the log was. */
interface Stream {
  /** It has broken off, rather than ended. */
  readonly isBroken: boolean;
  /** It had something that was not in the one before. */
  readonly hasNews: boolean;
}

async function print(
  session: Session,
  stream: AsyncIterable<Uint8Array>,
  log: LogContinuation,
): Promise<Stream> {
  let hasNews = false;
  try {
    for await (const chunk of stream) {
      const news = log.take(chunk);
      if (news.length === 0) continue;
      hasNews = true;
      session.output.write(news);
    }
    return { isBroken: false, hasNews };
  } catch (error) {
    if (errorCode(error) !== 'ECONNRESET') throw error;
    return { isBroken: true, hasNews };
  }
}

/** Why a log cannot be followed. Throws again what is no such reason. */
export function describeTrouble(error: unknown): string {
  if (error instanceof HttpFailure) return `Cannot read, status code ${error.status}`;
  if (error instanceof ConnectionFailure) return `Cannot connect, error: ${error.code ?? error.message}`;
  throw error;
}
