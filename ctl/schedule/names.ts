import { type ExitStatus, exitStatuses } from '../exit-status.ts';
import { ServerFault } from '../failures.ts';
import type { ScheduleSession } from './subcommand.ts';

/** Does something for each name, and tells what; a fault about one keeps none of the others from it. */
export async function forEachName(
  { session }: ScheduleSession,
  names: readonly string[],
  act: (name: string) => Promise<string>,
): Promise<ExitStatus> {
  let exitStatus: ExitStatus = exitStatuses.SUCCESS;
  for (const name of names) {
    try {
      session.print(`${name}: ${await act(name)}`);
    } catch (error) {
      if (!(error instanceof ServerFault)) throw error;
      session.print(`${name}: ERROR (${faultReason(error)})`);
      exitStatus = exitStatuses.GENERIC;
    }
  }
  return exitStatus;
}

/** What a fault says, without its name. */
export function faultReason({ text }: ServerFault): string {
  return text === 'SHUTDOWN_STATE' ? 'already shutting down' : text.replace(/^[A-Z_]+: /, '');
}
