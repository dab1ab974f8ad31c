/**
 * The times of a trigger as `schedule next` shows them. All that it takes to understand triggers and zones is behind
 * this file.
 */
import { readTriggerValues } from '../../conf/trigger-values.ts';
import { TriggerError } from '../../schedule/trigger-error.ts';
import { parseCrontab } from '../../schedule/triggers/crontab.ts';
import type { Trigger } from '../../schedule/triggers/trigger.ts';
import { formatInstant } from '../../schedule/wall-clock/date-text.ts';
import { hostTimeZone } from '../../schedule/wall-clock/host-time-zone.ts';
import { spansBetween, timeZone } from '../../schedule/wall-clock/time-zone.ts';
import { readContext } from '../read-context.ts';
import type { FireTimes } from './scheduler-api.ts';
import { distanceText } from './spans.ts';
import { tableLines } from './table.ts';

/** What the times are of: fire times that are known, a line of a crontab, or keys of a `[schedule:x]`. */
export type TimesOf =
  | { readonly type: 'known'; readonly fires: FireTimes }
  | { readonly type: 'crontab'; readonly line: string }
  | { readonly type: 'keys'; readonly values: ReadonlyMap<string, string> };

export interface TimesOptions {
  readonly count: number;
  /** In which they are told, and of an expression that says none; `undefined`: its own, or the default. */
  readonly timezone: string | undefined;
  /** `undefined`: that of the host. */
  readonly defaultTimezone: string | undefined;
  readonly now: Date;
  readonly isJson: boolean;
}

export type TimesResult =
  | { readonly type: 'ok'; readonly lines: readonly string[] }
  /** A text for each thing that is wrong. */
  | { readonly type: 'invalid'; readonly errors: readonly string[] };

/** Tells the trigger as it was understood, its times, and the changes of clocks around them. */
export function tellTimes(of: TimesOf, options: TimesOptions): TimesResult {
  try {
    const { now, isJson, timezone = options.defaultTimezone ?? hostTimeZone() } = options;
    // What is wrong with it is to be said before anything else.
    timeZone(timezone);
    const fires = of.type === 'known' ? of.fires : evaluate(triggerOf(of, timezone), timezone, options);
    const told = { ...fires, timezone: options.timezone ?? fires.timezone };
    return { type: 'ok', lines: isJson ? jsonLines(told) : timesLines(told, now) };
  } catch (error) {
    if (!(error instanceof TriggerError)) throw error;
    return { type: 'invalid', errors: error.message.split('\n') };
  }
}

/** @throws {TriggerError} it says nothing that could be a time */
function triggerOf(of: Exclude<TimesOf, { type: 'known' }>, timezone: string): Trigger {
  if (of.type === 'crontab') return parseCrontab(of.line, { timezone });
  const result = readTriggerValues(of.values, { timezone, context: readContext() });
  if (result.type === 'ok') return result.trigger;
  throw new TriggerError(result.errors.join('\n'));
}

function evaluate(
  unbound: Trigger,
  timezone: string,
  { count, now }: Pick<TimesOptions, 'count' | 'now'>,
): FireTimes {
  const trigger = unbound.bind({ timezone, now });
  const times: Date[] = [];
  let next = trigger.getNextFireTime(undefined, now);
  while (next !== undefined && times.length < count) {
    times.push(next);
    next = trigger.getNextFireTime(next, next);
  }
  return { trigger: String(trigger), timezone: trigger.timezone ?? timezone, times };
}

/** The trigger, then a line for each time. */
function timesLines({ trigger, timezone, times }: FireTimes, now: Date): readonly string[] {
  const fires = tableLines(
    times.map((time) => [formatInstant(time, timezone), distanceText(seconds(now), seconds(time))]),
  ).map((line, index) => ({ at: seconds(times[index] ?? now), line }));
  const changes = clockChanges(times, timezone).map(({ at, before, after }) => ({
    at,
    line: `    clocks change: ${before} is ${after}`,
  }));
  const lines = [...fires, ...changes].sort((a, b) => a.at - b.at).map(({ line }) => line);
  return [`${trigger}, times of ${timezone}`, ...(lines.length === 0 ? ['no next run'] : lines)];
}

function jsonLines({ trigger, timezone, times }: FireTimes): readonly string[] {
  const told = {
    trigger,
    timezone,
    fire_times: times.map(seconds),
    fire_times_iso: times.map((time) => formatInstant(time, timezone)),
    clock_changes: clockChanges(times, timezone),
  };
  return [JSON.stringify(told, undefined, 2)];
}

/** A moment at which the clocks of a zone are set. */
interface ClockChange {
  /** Seconds since 1970. */
  readonly at: number;
  /** What they would show then, and what they do. */
  readonly before: string;
  readonly after: string;
}

/** How near to a fire time a change is worth telling: a daily one may have been left out for it. */
const nearSeconds = 36 * 3600;

function clockChanges(times: readonly Date[], timezone: string): readonly ClockChange[] {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  const [from, until] = [seconds(first) - nearSeconds, seconds(last) + nearSeconds];
  const changes: ClockChange[] = [];
  let before: number | undefined;
  for (const { from: at, offset } of spansBetween(timeZone(timezone), from, until)) {
    if (before !== undefined && times.some((time) => Math.abs(seconds(time) - at) <= nearSeconds)) {
      changes.push({ at, before: wallText(at, before), after: wallText(at, offset) });
    }
    before = offset;
  }
  return changes;
}

/** What a clock with that offset shows. */
function wallText(at: number, offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / 60);
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  return formatInstant(new Date(at * 1000), `${offset < 0 ? '-' : '+'}${hour}:${minute}`);
}

function seconds(time: Date): number {
  return time.getTime() / 1000;
}
