/** The times of day that a cron trigger matches: every mixture of its hours, minutes and seconds. */
import { secondsPerDay } from '../wall-clock/civil.ts';
import type { CronField } from './cron-field.ts';

/** A set of seconds since midnight, each with its place in the order. */
export interface TimePattern {
  readonly size: number;
  /** How many lie before a time. */
  rank(time: number): number;
  /** The one that so many lie before. */
  at(rank: number): number;
}

/** A pattern of times of day. */
export function timePattern(hour: CronField, minute: CronField, second: CronField): TimePattern {
  const hours = digits(hour, 24);
  const minutes = digits(minute, 60);
  const seconds = digits(second, 60);
  const perMinute = seconds.values.length;
  const perHour = minutes.values.length * perMinute;
  const size = hours.values.length * perHour;

  function rank(time: number): number {
    if (time >= secondsPerDay) return size;
    const h = Math.floor(time / 3600);
    const m = Math.floor(time / 60) % 60;
    let before = rankIn(hours, h) * perHour;
    if (!hours.isIn[h]) return before;
    before += rankIn(minutes, m) * perMinute;
    return minutes.isIn[m] ? before + rankIn(seconds, time % 60) : before;
  }

  function at(index: number): number {
    const h = hours.values[Math.floor(index / perHour)] ?? 0;
    const m = minutes.values[Math.floor((index % perHour) / perMinute)] ?? 0;
    return h * 3600 + m * 60 + (seconds.values[index % perMinute] ?? 0);
  }

  return { size, rank, at };
}

/** The values of one digit of the clock. */
interface Digits {
  readonly values: readonly number[];
  readonly isIn: readonly boolean[];
  /** For each value how many lie before it. */
  readonly ranks: readonly number[];
}

const sequence = Array.from({ length: 60 }, (_, value) => value);

function digits({ values: given }: CronField, base: number): Digits {
  const values = given ?? sequence.slice(0, base);
  const isIn = new Array<boolean>(base).fill(false);
  for (const value of values) isIn[value] = true;
  let before = 0;
  const ranks = isIn.map((isMember) => {
    const rank = before;
    if (isMember) before += 1;
    return rank;
  });
  return { values, isIn, ranks };
}

function rankIn({ ranks }: Digits, value: number): number {
  return ranks[value] ?? 0;
}
