import type { EpochSeconds } from '../host/clock.ts';
import { describeSchedule, type ScheduleStatus } from '../schedule/status.ts';
import { type Process, pidOf } from './state.ts';

/** Month names of the C locale: clients parse them, whatever the language of the daemon's environment. */
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * What `supervisorctl status` shows beside the state: pid and uptime, when it stopped, or why it failed.
 *
 * One that waits for its schedule tells about that instead.
 *
 * A process that never had a child is `Not started`, where supervisord may show the first of January 1970.
 *
 * @see supervisor/rpcinterface.py, `_interpretProcessInfo`
 */
export function describe(
  name: string,
  process: Process,
  now: EpochSeconds,
  schedule?: ScheduleStatus | undefined,
): string {
  const { history } = process;
  switch (process.state) {
    case 'RUNNING':
      return `pid ${pidOf(process)}, uptime ${uptime(Math.floor(now) - Math.floor(history.start))}`;
    case 'FATAL':
    case 'BACKOFF':
      return history.spawnerr || `unknown error (try "tail ${name}")`;
    case 'STOPPED':
    case 'EXITED':
      if (schedule !== undefined) return describeSchedule(schedule, now);
      return history.stop === 0 ? 'Not started' : localTime(history.stop);
    case 'STARTING':
    case 'STOPPING':
    case 'UNKNOWN':
      return '';
    default:
      return process satisfies never;
  }
}

/** `2 days, 3:04:05`; nothing less than zero, which a clock set back would make of it. */
function uptime(seconds: number): string {
  const total = Math.max(0, seconds);
  const days = Math.floor(total / 86_400);
  const hours = Math.floor((total % 86_400) / 3_600);
  const time = `${hours}:${twoDigits(Math.floor((total % 3_600) / 60))}:${twoDigits(total % 60)}`;
  if (days === 0) return time;
  return `${days} ${days === 1 ? 'day' : 'days'}, ${time}`;
}

/** `%b %d %I:%M %p` in the local time zone: `Nov 21 11:25 PM`. */
function localTime(epoch: EpochSeconds): string {
  const date = new Date(epoch * 1_000);
  const hours = date.getHours();
  const time = `${twoDigits(hours % 12 || 12)}:${twoDigits(date.getMinutes())} ${hours < 12 ? 'AM' : 'PM'}`;
  return `${months[date.getMonth()]} ${twoDigits(date.getDate())} ${time}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
