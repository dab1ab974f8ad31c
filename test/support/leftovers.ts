import { readdirSync, readFileSync } from 'node:fs';
import { kill } from 'node:process';

/**
 * Ends what a daemon left running: all processes that it told its address. supervisord leaves its programs
 * behind when it fails to restart, and both leave children of programs that were told to.
 */
export function endLeftovers(serverUrl: string): void {
  const variable = `SUPERVISOR_SERVER_URL=${serverUrl}`;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(variable))
        kill(Number(pid), 'SIGKILL');
    } catch {
      // It has just ended, or is somebody else's.
    }
  }
}
