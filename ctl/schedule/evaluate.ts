/** What an expression says, without a server. */
import { readTriggerValues } from '../../conf/trigger-values.ts';
import { TriggerError } from '../../schedule/trigger-error.ts';
import { parseCrontab } from '../../schedule/triggers/crontab.ts';
import type { Trigger } from '../../schedule/triggers/trigger.ts';
import { hostTimeZone } from '../../schedule/wall-clock/time-zone.ts';
import { readContext } from '../load-settings.ts';
import type { FireTimes } from './scheduler-api.ts';
import { keyValues } from './words.ts';

export interface EvaluationOptions {
  readonly count: number;
  /** Of an expression that says none; `undefined`: the host's. */
  readonly timezone: string | undefined;
  readonly now: Date;
}

/**
 * The next times of a line of a crontab, or of `key=value` words.
 *
 * @throws {TriggerError} it says nothing that could be a time
 * @throws {Misuse} a word among `key=value` words is none
 */
export function evaluate(
  words: readonly string[],
  { count, timezone = hostTimeZone(), now }: EvaluationOptions,
): FireTimes {
  const made = isKeyValue(words)
    ? triggerOfKeys(words, timezone)
    : parseCrontab(words.join(' '), { timezone });
  const trigger = made.bind({ timezone, now });
  return {
    trigger: String(trigger),
    timezone: trigger.timezone ?? timezone,
    times: fireTimes(trigger, count, now),
  };
}

/** `CRON_TZ=` begins a line of a crontab: keys have small letters. */
function isKeyValue([first = '']: readonly string[]): boolean {
  return /^[a-z_]+=/.test(first);
}

function triggerOfKeys(words: readonly string[], timezone: string): Trigger {
  const result = readTriggerValues(keyValues(words), { timezone, context: readContext() });
  if (result.type === 'ok') return result.trigger;
  throw new TriggerError(result.errors.join('\n'));
}

function fireTimes(trigger: Trigger, count: number, now: Date): readonly Date[] {
  const times: Date[] = [];
  let previous: Date | undefined;
  while (times.length < count) {
    previous = trigger.getNextFireTime(previous, previous ?? now);
    if (previous === undefined) break;
    times.push(previous);
  }
  return times;
}
