import { type ExitStatus, exitStatuses } from './exit-status.ts';
import { isFault } from './failures.ts';
import type { Session } from './session.ts';

/** Prints what `read` returns, or why the log of `name` cannot be read. */
export async function printLog(
  session: Session,
  name: string,
  read: () => Promise<string>,
): Promise<ExitStatus> {
  try {
    session.print(await read());
    return exitStatuses.SUCCESS;
  } catch (error) {
    if (isFault(error, 'NO_FILE')) session.print(`${name}: ERROR (no log file)`);
    else if (isFault(error, 'FAILED')) session.print(`${name}: ERROR (unknown error reading log)`);
    else if (isFault(error, 'BAD_NAME')) session.print(`${name}: ERROR (no such process name)`);
    else throw error;
    return exitStatuses.GENERIC;
  }
}
