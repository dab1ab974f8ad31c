import type { ExitStatus } from '../host/host.ts';
import { signalName } from './signal-names.ts';

/**
 * How a child ended, as the log says it: `exit status 1`, `terminated by SIGSEGV (core dumped)`.
 *
 * @see supervisor/options.py, `decode_wait_status`
 */
export function exitText(status: ExitStatus): string {
  if (status.type === 'exited') return `exit status ${status.code}`;
  if (status.type === 'unknown') return 'exit status unknown';
  return `terminated by ${signalName(status.signal)}${status.coreDumped ? ' (core dumped)' : ''}`;
}

/** The exit status as a number clients are told: the code, or −1 for a death by signal or one that nobody saw. */
export function exitCode(status: ExitStatus): number {
  return status.type === 'exited' ? status.code : -1;
}
