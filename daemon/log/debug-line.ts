import { repr } from '../../conf/python-text.ts';
import { bytesRepr, decoded } from './decoded.ts';

/**
 * A chunk of output as the activity log shows it.
 *
 * @see supervisor/dispatchers.py, `POutputDispatcher._log`
 */
export function debugLine(process: string, channel: 'stdout' | 'stderr', bytes: Buffer): string {
  return `${repr(process)} ${channel} output:\n${decoded(bytes)}`;
}

/**
 * The same of what a listener says, which is bytes there.
 *
 * @see supervisor/dispatchers.py, `PEventListenerDispatcher.handle_read_event`
 */
export function listenerDebugLine(process: string, bytes: Buffer): string {
  return `${repr(process)} stdout output:\n${bytesRepr(bytes)}`;
}
