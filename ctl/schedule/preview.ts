/** Fire times as they are shown, with the changes of clocks around them. */
import { formatInstant } from '../../schedule/wall-clock/date-text.ts';
import { spansBetween, timeZone } from '../../schedule/wall-clock/time-zone.ts';
import type { PlainValue } from '../plain-value.ts';
import type { FireTimes } from './scheduler-api.ts';
import { distanceText } from './spans.ts';
import { tableLines } from './table.ts';

/** Fire times, to be told in a zone. */
export interface Preview extends FireTimes {
  /** Seconds since 1970. */
  readonly now: number;
}

/** How near to a fire time a change is worth telling: a daily one may have been left out for it. */
const nearSeconds = 36 * 3600;

/** The trigger as it was understood, then a line for each time. */
export function previewLines({ trigger, timezone, times, now }: Preview): readonly string[] {
  const fires = tableLines(
    times.map((time) => [formatInstant(time, timezone), distanceText(now, seconds(time))]),
  ).map((line, index) => ({ at: seconds(times[index] ?? new Date(0)), line }));
  const changes = clockChanges(times, timezone).map(({ at, before, after }) => ({
    at,
    line: `    clocks change: ${before} is ${after}`,
  }));
  const lines = [...fires, ...changes].sort((a, b) => a.at - b.at).map(({ line }) => line);
  return [`${trigger}, times of ${timezone}`, ...(lines.length === 0 ? ['no next run'] : lines)];
}

/** The same for programs. */
export function previewJson({ trigger, timezone, times }: Preview): PlainValue {
  return {
    trigger,
    timezone,
    fire_times: times.map(seconds),
    fire_times_iso: times.map((time) => formatInstant(time, timezone)),
    clock_changes: clockChanges(times, timezone).map(({ at, before, after }) => ({ at, before, after })),
  };
}

/** A moment at which the clocks of a zone are set. */
interface ClockChange {
  /** Seconds since 1970. */
  readonly at: number;
  /** What they would show then, and what they do. */
  readonly before: string;
  readonly after: string;
}

function clockChanges(times: readonly Date[], timezone: string): readonly ClockChange[] {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  const zone = timeZone(timezone);
  const [from, until] = [seconds(first) - nearSeconds, seconds(last) + nearSeconds];
  const changes: ClockChange[] = [];
  let before: number | undefined;
  for (const { from: at, offset } of spansBetween(zone, from, until)) {
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
