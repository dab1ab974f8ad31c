import type { Trigger } from '../../schedule/triggers/trigger.ts';
import { hostTimeZone } from '../../schedule/wall-clock/host-time-zone.ts';
import type { TriggerPreview } from './control.ts';

/** The next times of a trigger. */
export function preview(trigger: Trigger, count: number, from: Date): TriggerPreview {
  const times: Date[] = [];
  let next = trigger.getNextFireTime(undefined, from);
  while (next !== undefined && times.length < count) {
    times.push(next);
    next = trigger.getNextFireTime(next, next);
  }
  return { trigger: trigger.toString(), timezone: trigger.timezone ?? hostTimeZone(), times };
}
