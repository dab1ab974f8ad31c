/** Where each key of a schedule comes from, for people who wonder why it is as it is. */
import { scheduleKeys, scheduleSectionKeys } from './keys/schedule.ts';
import { scheduleDefaultKeys } from './keys/scheduler.ts';
import type { SchedulerSettings, ScheduleSettings, WrittenValue } from './schedule-settings.ts';

/** `file`: also that of a `[scheduler]` or `[DEFAULT]`. `rpc`: a client has said so. */
export type Origin =
  | { readonly type: 'file'; readonly file: string; readonly line: number }
  | { readonly type: 'rpc' }
  | { readonly type: 'default' };

/** A key, what it says, and who says so. */
export interface KeyOfSchedule {
  /** As in `[schedule:x]`, also where `cron` of a program says it. */
  readonly key: string;
  /** As it is written, or as the default would be. */
  readonly value: string;
  readonly origin: Origin;
}

/** All keys of a schedule that have a value, in the order of the documentation. */
export function originsOf(schedule: ScheduleSettings, scheduler: SchedulerSettings): KeyOfSchedule[] {
  const names = new Set([...Object.keys(scheduleKeys), ...Object.keys(scheduleSectionKeys)]);
  return [...names].flatMap((key) => {
    const written = schedule.written.get(key);
    if (written !== undefined) {
      return { key, value: written.value, origin: schedule.source === 'rpc' ? rpc : inFile(written) };
    }
    const inherited = isOfScheduler(key) ? scheduler.written.get(key) : undefined;
    if (inherited !== undefined) return { key, value: inherited.value, origin: inFile(inherited) };
    const value = defaultOf(key, schedule);
    return value === undefined ? [] : { key, value, origin: { type: 'default' } };
  });
}

const rpc: Origin = { type: 'rpc' };

function inFile({ file, line }: WrittenValue): Origin {
  return { type: 'file', file, line };
}

function isOfScheduler(key: string): boolean {
  return key === 'timezone' || Object.hasOwn(scheduleDefaultKeys, key);
}

/** Keys of the program are its own affair: what nobody has written is not shown. */
function defaultOf(key: string, { trigger, action }: ScheduleSettings): string | undefined {
  // `cron` of a program has another default.
  if (key === 'action') return action.type;
  if (key === 'timezone') return typeof trigger['timezone'] === 'string' ? trigger['timezone'] : undefined;
  if (isOfScheduler(key)) return scheduleDefaultKeys[key as keyof typeof scheduleDefaultKeys].default;
  return Object.hasOwn(scheduleKeys, key)
    ? scheduleKeys[key as keyof typeof scheduleKeys].default
    : undefined;
}
