import { isFault } from './failures.ts';
import type { Session } from './session.ts';

/**
 * Tells somebody who watches stderr what makes the server open to people who should not control it; once for
 * each server. Costs nothing where nobody watches, and finds nothing to tell of a supervisord, which has no
 * such method.
 */
export async function tellWarnings(session: Session): Promise<void> {
  const { showNotice } = session.output;
  if (showNotice === undefined || session.hasToldWarnings) return;
  try {
    for (const warning of await session.supervisor.getWarnings()) showNotice(`warning: ${warning}`);
    session.hasToldWarnings = true;
  } catch (error) {
    // What the user asked for will tell what else is wrong, if anything is.
    session.hasToldWarnings = isFault(error, 'UNKNOWN_METHOD');
  }
}
