import type { EpochSeconds } from '../host/clock.ts';
import { describeSchedule, describeStarts, type ProcessSchedule } from '../schedule/status.ts';
import { type Process, type ProcessHistory, pidOf } from './state.ts';

/** Month names of the C locale: clients parse them, whatever the language of the daemon's environment. */
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * What `supervisorctl status` shows beside the state: pid and uptime, when it stopped, or why it failed.
 *
 * A process that waits for its schedule tells about that instead; of one that a schedule starts, when it does is added.
 *
 * A process that never had a child is `Not started`, where supervisord may show the first of January 1970.
 *
 * @see supervisor/rpcinterface.py, `_interpretProcessInfo`
 */
export function describe(
  name: string,
  process: Process,
  now: EpochSeconds,
  schedule?: ProcessSchedule | undefined,
): string {
  const { history } = process;
  const starts = schedule?.role === 'starts' ? `; ${describeStarts(schedule.status, now)}` : '';
  switch (process.state) {
    case 'RUNNING':
      return `pid ${pidOf(process)}, uptime ${uptime(Math.floor(now) - Math.floor(history.start))}`;
    case 'FATAL':
      return whyFailed(name, history) + starts;
    case 'BACKOFF':
      return whyFailed(name, history);
    case 'STOPPED':
    case 'EXITED':
      if (schedule?.role === 'runs') return describeSchedule(schedule.status, now);
      return (history.stop === 0 ? 'Not started' : localTime(history.stop)) + starts;
    case 'STARTING':
    case 'STOPPING':
    case 'UNKNOWN':
      return '';
    default:
      return process satisfies never;
  }
}

function whyFailed(name: string, { spawnerr }: ProcessHistory): string {
  return spawnerr || `unknown error (try "tail ${name}")`;
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
