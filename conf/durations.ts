/** Readers of times that pass: `90`, `90s`, `15m`, `6h`, `1h30m`, `30d`, `2w`. All give seconds. */
import { InvalidValue } from './invalid-value.ts';
import { repr, strip } from './python-text.ts';
import type { Reader } from './reader.ts';

const secondsIn = new Map([
  ['', 1],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
  ['w', 604_800],
]);

const wholeDuration = /^(?:\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?[smhdw])+)$/;

/** Longest duration, a thousand years: beyond, sums with a date are no dates any more. */
const maxSeconds = 1000 * 365.25 * 86_400;

/** Seconds, or numbers with the units `s`, `m`, `h`, `d`, `w`. */
export const duration: Reader<number> = {
  type: 'duration',
  read(text) {
    const seconds = parseDuration(text);
    if (seconds !== undefined) return seconds;
    throw new InvalidValue(`expected a duration such as 90, 90s, 15m, 6h or 30d, not ${repr(text)}`);
  },
};

/** The same, or `none`: no limit. */
export const durationOrNone: Reader<number | undefined> = {
  type: 'duration or `none`',
  read(text) {
    if (isNone(text)) return undefined;
    const seconds = parseDuration(text);
    if (seconds !== undefined) return seconds;
    throw new InvalidValue(`expected a duration such as 90, 90s, 15m, 6h or 30d, or none, not ${repr(text)}`);
  },
};

/** How late something may be: a second or more, as nothing is ever quite on time. */
export const graceTime: Reader<number | undefined> = {
  type: 'grace time',
  read(text, context) {
    const seconds = durationOrNone.read(text, context);
    if (seconds === undefined || seconds >= 1) return seconds;
    throw new InvalidValue(`expected at least 1 second, or none, not ${repr(text)}`);
  },
};

/** A duration, where 0 and `none` are no limit. */
export const timeLimit: Reader<number | undefined> = {
  type: durationOrNone.type,
  read: (text, context) => durationOrNone.read(text, context) || undefined,
};

function isNone(text: string): boolean {
  return strip(text).toLowerCase() === 'none';
}

function parseDuration(text: string): number | undefined {
  const lower = strip(text).toLowerCase();
  if (!wholeDuration.test(lower)) return undefined;
  let seconds = 0;
  for (const [, number, unit = ''] of lower.matchAll(/(\d+(?:\.\d+)?)([smhdw]?)/g)) {
    seconds += Number(number) * (secondsIn.get(unit) ?? 1);
  }
  return seconds <= maxSeconds ? seconds : undefined;
}
