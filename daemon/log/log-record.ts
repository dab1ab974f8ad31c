/** One record of the activity log as text. */
import type { LogLevel } from '../../conf/settings.ts';
import type { EpochSeconds } from '../host/clock.ts';

const levelWords: { readonly [L in LogLevel]: string } = {
  critical: 'CRIT',
  error: 'ERRO',
  warn: 'WARN',
  info: 'INFO',
  debug: 'DEBG',
  trace: 'TRAC',
  blather: 'BLAT',
};

/**
 * `2026-01-31 09:05:07,042 INFO text` and a newline, in local time.
 *
 * @see supervisor/loggers.py, `LogRecord.asString`
 */
export function formatRecord(epoch: EpochSeconds, level: LogLevel, text: string): string {
  const date = new Date(Math.round(epoch * 1000));
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0');
  return `${day} ${time},${milliseconds} ${levelWords[level]} ${text}\n`;
}

/**
 * The same for a place that takes lines one by one: each line of the text becomes a record. Newlines at its
 * end do not count.
 *
 * @see supervisor/loggers.py, `SyslogHandler.emit`
 */
export function formatLines(epoch: EpochSeconds, level: LogLevel, text: string): string {
  const lines = text.replace(/\n+$/, '').split('\n');
  return lines.map((line) => formatRecord(epoch, level, line)).join('');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
