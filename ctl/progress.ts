import { formatNamespec } from '../rpc/namespec.ts';
import type { Session } from './session.ts';
import type { ProcessInfo } from './supervisor-api.ts';

/** Milliseconds between two looks at the processes, and before the first. */
const refreshInterval = 500;

/**
 * Waits for `answer`, the answer to a call that can take its time. On a terminal, a live line shows the
 * processes that are on their way from one state to another; it is gone when this returns. Elsewhere
 * nothing is shown and nothing asked.
 */
export async function showProgress<T>(
  { output, supervisor }: Pick<Session, 'output' | 'supervisor'>,
  answer: Promise<T>,
): Promise<T> {
  const { showLive } = output;
  if (showLive === undefined) return answer;
  const controller = new AbortController();
  const refreshing = refresh(controller.signal, async () => {
    const line = describeProgress(await supervisor.getAllProcessInfo());
    if (!controller.signal.aborted) showLive(line);
  });
  try {
    return await answer;
  } finally {
    controller.abort();
    if ((await refreshing) > 0) showLive('');
  }
}

/** Returns how often it showed something. */
async function refresh(abortSignal: AbortSignal, show: () => Promise<void>): Promise<number> {
  const { setTimeout: delay } = await import('node:timers/promises');
  for (let shown = 0; ; shown += 1) {
    try {
      // No polling while nothing is awaited: XML-RPC cannot tell a client of a change.
      await delay(refreshInterval, undefined, { signal: abortSignal });
      await show();
    } catch {
      // Aborted; or the server does not answer, which the call that waits will tell.
      return shown;
    }
  }
}

/** Such as `web STOPPING, worker:1 STARTING`; '' when no process is on its way. */
export function describeProgress(processes: readonly ProcessInfo[]): string {
  return processes
    .filter(({ statename }) => transitional.has(statename))
    .map(({ group, name, statename }) => `${formatNamespec(group, name)} ${statename}`)
    .join(', ');
}

const transitional: ReadonlySet<string> = new Set(['STARTING', 'STOPPING', 'BACKOFF']);
