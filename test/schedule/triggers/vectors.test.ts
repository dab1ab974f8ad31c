/**
 * Triggers beside the real APScheduler 3.11.3, and cron beside an evaluation by brute force; see
 * ../vectors/generate.py.
 */
import { describe, expect, it } from '@jest/globals';
import { TriggerError } from '../../../schedule/trigger-error.ts';
import { CronTrigger } from '../../../schedule/triggers/cron-trigger.ts';
import type { Trigger } from '../../../schedule/triggers/trigger.ts';
import { createTrigger } from '../../../schedule/triggers/trigger-types.ts';
import { rejected, type Vector, vectors } from '../vectors/vectors.ts';

type Options = Readonly<Record<string, unknown>>;

describe.each([...new Set(vectors.map(({ type }) => type))])('%s', (type) => {
  const ofType = vectors.filter((vector) => vector.type === type);

  it.each(ofType.filter(({ apscheduler }) => apscheduler === undefined).map(named))(
    'fires as APScheduler does: %s',
    (_, vector) => {
      expect(fireTimes(triggerOf(vector), vector)).toEqual(vector.fires);
    },
  );

  const differing = ofType.filter(({ apscheduler }) => apscheduler !== undefined).map(named);
  if (differing.length > 0) {
    it.each(differing)('fires by the documented rule, where APScheduler does not: %s', (_, vector) => {
      const times = fireTimes(triggerOf(vector), vector);
      expect(times).toEqual(vector.fires);
      expect(times).not.toEqual(vector.apscheduler);
    });
  }

  const printed = ofType.filter(({ text }) => text !== undefined).map(named);
  if (printed.length > 0) {
    it.each(printed)('prints itself as APScheduler does: %s', (_, vector) => {
      expect(String(triggerOf(vector))).toBe(vector.text);
    });
  }
});

describe('cron with dst=once', () => {
  it.each(vectors.filter(({ once }) => once !== undefined).map(named))(
    'fires at the end of a gap, and the first time only: %s',
    (_, vector) => {
      const trigger = triggerOf({ ...vector, options: { ...vector.options, dst: 'once' } });
      expect(fireTimes(trigger, { now: vector.now, fires: vector.once ?? [] })).toEqual(vector.once);
    },
  );
});

describe('rejected', () => {
  it.each(rejected.map(({ options, message }) => [JSON.stringify(options), options, message] as const))(
    'says of %s what APScheduler says',
    (_, options, message) => {
      const type = 'expr' in options ? 'crontab' : 'cron';
      expect(() => triggerOf({ type, options, zone: 'UTC' })).toThrow(new TriggerError(message));
    },
  );
});

function named(vector: Vector): readonly [string, Vector] {
  const { options, zone, now } = vector;
  return [`${JSON.stringify(options)} in ${zone} from ${new Date(now * 1000).toISOString()}`, vector];
}

function triggerOf({ type, options, zone }: Pick<Vector, 'type' | 'options' | 'zone'>): Trigger {
  if (type === 'crontab') return CronTrigger.fromCrontab(String(options['expr']), { timezone: zone });
  if (type === 'or') {
    const members = options['triggers'] as readonly Options[];
    const triggers = members.map((fields) => ({ type: 'cron', timezone: zone, ...camelCase(fields) }));
    return createTrigger('or', { triggers });
  }
  return createTrigger(type, { ...camelCase(options), timezone: zone });
}

function camelCase(options: Options): Options {
  const rename = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [rename(name), value]));
}

/** As many as the vector has, and one more where it says that none follows. */
function fireTimes(
  trigger: Trigger,
  { now, fires, ends = false }: Pick<Vector, 'now' | 'fires' | 'ends'>,
): number[] {
  const times: number[] = [];
  let previous: Date | undefined;
  while (times.length < fires.length + (ends ? 1 : 0)) {
    previous = trigger.getNextFireTime(previous, previous ?? new Date(now * 1000));
    if (previous === undefined) break;
    times.push(previous.getTime() / 1000);
  }
  return times;
}
