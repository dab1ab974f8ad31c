/**
 * `/logtail/<name>[/<channel>]` and `/mainlogtail`: logs as they grow.
 *
 * @see supervisor/http.py, `logtail_handler`, `mainlogtail_handler`
 */
import type { OutgoingHttpHeaders } from 'node:http';
import { parseNamespec } from '../../rpc/namespec.ts';
import type { Channel } from '../host/host.ts';
import type { SupervisorControl } from '../process/control.ts';
import { type Exchange, replyError } from './exchange.ts';
import { LogFollower } from './log-follower.ts';
import { pathOf } from './path.ts';
import { answerStream } from './streamed-answer.ts';

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
  await using follower = path === undefined ? undefined : await LogFollower.open(path, lastBytes);
  if (path === undefined || follower === undefined) {
    replyError(exchange, 404);
    return;
  }
  await answerStream(exchange, {
    name: path,
    headers: { 'Last-Modified': follower.modified.toUTCString(), ...headers },
    produce: (sink, end) => follower.follow(sink, end),
  });
}
