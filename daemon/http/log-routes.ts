/**
 * `/logtail/<name>[/<channel>]` and `/mainlogtail`: logs as they grow.
 *
 * @see supervisor/http.py, `logtail_handler`, `mainlogtail_handler`
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { parseNamespec } from '../../rpc/namespec.ts';
import type { Channel } from '../host/host.ts';
import type { SupervisorControl } from '../process/control.ts';
import { type Exchange, replyError } from './exchange.ts';
import { LogFollower } from './log-follower.ts';
import { pathOf } from './path.ts';

/** How much of what is there already a follower is sent. */
const lastBytes = 1024;

/** Follows a log of a process, as long as the client listens. */
export async function followProcessLog(exchange: Exchange): Promise<void> {
  const [, name, channel = 'stdout', ...more] = pathOf(exchange.url).split('/');
  const isLog = name !== undefined && more.length === 0 && (channel === 'stdout' || channel === 'stderr');
  const path = isLog ? logPath(exchange.context.supervisor, name, channel) : undefined;
  await followLog(exchange, path, { 'X-Accel-Buffering': 'no' });
}

/** Follows the daemon's own log. */
export async function followMainLog(exchange: Exchange): Promise<void> {
  const { activityLog } = exchange.context;
  await activityLog.flush();
  await followLog(exchange, activityLog.path, {});
}

/** The path comes from the configuration alone: a request can only choose among the logs there are. */
function logPath(supervisor: SupervisorControl, name: string, channel: Channel): string | undefined {
  const { group, process } = parseNamespec(name);
  if (process === undefined) return undefined;
  return supervisor.groups.get(group)?.processes.get(process)?.child.logfiles[channel];
}

async function followLog(
  exchange: Exchange,
  path: string | undefined,
  headers: OutgoingHttpHeaders,
): Promise<void> {
  const { request, response, context, abortSignal } = exchange;
  await using follower = path === undefined ? undefined : await LogFollower.open(path, lastBytes);
  if (follower === undefined) {
    replyError(exchange, 404);
    return;
  }

  response.writeHead(200, {
    'Last-Modified': follower.modified.toUTCString(),
    'Content-Type': 'text/plain;charset=utf-8',
    // What a program prints must not be taken for a page of ours.
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.flushHeaders();
  // A client that has closed its side may be gone; as long as the log is silent nothing else tells.
  const gone = new AbortController();
  if (request.socket.readableEnded) gone.abort();
  else request.socket.once('end', () => gone.abort());
  const end = AbortSignal.any([abortSignal, gone.signal]);
  try {
    await follower.follow(async (bytes) => {
      // Only a client that has gone makes a write fail; which of the two is noticed first is chance.
      await write(response, bytes, end).catch(() => gone.abort());
    }, end);
    response.end();
  } catch (error) {
    if (!end.aborted) {
      const reason = error instanceof Error ? error.message : String(error);
      context.log('error', `Cannot follow ${path} any longer: ${reason}`);
    }
    response.destroy();
  }
}

/** Resolves when the system has taken the bytes, not when they are queued: the next ones wait for that. */
function write(response: ServerResponse, bytes: Uint8Array, end: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new Error('The client has gone'));
    if (end.aborted) {
      onAbort();
      return;
    }
    end.addEventListener('abort', onAbort, { once: true });
    response.write(bytes, (error) => {
      end.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    });
  });
}
