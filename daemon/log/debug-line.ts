import { repr } from '../../conf/python-text.ts';
import { decoded } from './decoded.ts';

/**
 * A chunk of output as the activity log shows it.
 *
 * @see supervisor/dispatchers.py, `POutputDispatcher._log`
 */
export function debugLine(process: string, channel: 'stdout' | 'stderr', bytes: Buffer): string {
  return `${repr(process)} ${channel} output:\n${decoded(bytes)}`;
}
