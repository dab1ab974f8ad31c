import nodeProcess from 'node:process';
import { errorCode } from '../../conf/error-code.ts';
import type { KillResult } from './host.ts';

/** Sends a signal to a process, or to its whole process group. */
export function sendSignal(pid: number, signal: number, to: 'process' | 'group'): KillResult {
  // 0 and −1 would mean ourselves and everybody.
  if (!Number.isInteger(pid) || pid <= 1) return { type: 'failed', reason: `invalid pid ${pid}` };
  try {
    nodeProcess.kill(to === 'group' ? -pid : pid, signal);
    return { type: 'sent' };
  } catch (error) {
    const code = errorCode(error);
    return code === 'ESRCH' ? { type: 'gone' } : { type: 'failed', reason: code };
  }
}
