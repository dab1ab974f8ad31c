import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { diffGroups } from '../../conf/diff.ts';
import { cronKeys, scheduleSectionKeys } from '../../conf/keys/schedule.ts';
import { schedulerKeys } from '../../conf/keys/scheduler.ts';
import { readStoredSchedule, valuesOf } from '../../conf/stored-schedule.ts';
import { triggerFromSpec } from '../../schedule/triggers/trigger-types.ts';
import { contextIn, load, settingsOf } from './support.ts';

const settings = settingsOf(
  '[supervisord]\n[scheduler]\ntimezone=UTC\n[program:p]\ncommand=x\nautostart=false\n',
);
const read = (values: ReadonlyMap<string, string>) =>
  readStoredSchedule('s', values, { settings, context: contextIn('/tmp') });

/** Words that mean something in some value, so that not everything is refused at the first look. */
const words = fc.constantFrom(
  ...[
    '*',
    '*/5',
    '0',
    '1',
    '5',
    '24',
    '59',
    '99999999',
    '-1',
    '1.5',
    '1-5',
    'mon',
    'mon-fri',
    'last',
    'last fri',
  ],
  ...[
    '1st mon',
    '7',
    '31',
    '@daily',
    '@every 5s',
    '* * * * *',
    '0 0 31 2 *',
    'CRON_TZ=UTC 1 2 * * *',
    '5m',
    'none',
  ],
  ...[
    'true',
    'false',
    'p',
    's',
    'program:p',
    'schedule:s',
    'run',
    'stop',
    'signal:HUP',
    'skip',
    'latest',
    'UTC',
  ],
  ...[
    '2027-01-01',
    '1900-01-01',
    '9999-12-31 23:59:59',
    '03:30',
    '%(run_id)s',
    '%(scheduled)5s',
    '%%',
    '%',
    '',
    ',',
    'a,b',
  ],
);
const text = fc.oneof({ weight: 4, arbitrary: words }, fc.string(), fc.string({ unit: 'binary' }));
const key = fc.constantFrom(...Object.keys(scheduleSectionKeys));
const values = fc.array(fc.tuple(key, text), { maxLength: 6 }).map((pairs) => new Map(pairs));

/** Most of them are right. */
const plausible = fc
  .record({
    trigger: fc.constantFrom(
      ['hour', '3'],
      ['minute', '*/5'],
      ['cron', '5 4 * * sun'],
      ['seconds', '30'],
      ['run_date', '2027-01-01'],
      ['months', '2'],
    ),
    what: fc.constantFrom(['program', 'p'], ['command', '/bin/x %(run_id)s']),
    others: values,
  })
  .map(({ trigger, what, others }) => new Map([...others, trigger, what] as [string, string][]));

const keyOfCron = fc.constantFrom(...Object.keys(cronKeys));
const section = fc.oneof(
  fc.tuple(fc.constantFrom('schedule:a', 'schedule:b', 'schedule:p', 'trigger:t', 'DEFAULT'), key),
  fc.tuple(fc.constantFrom('program:p', 'DEFAULT'), keyOfCron),
  fc.tuple(fc.constant('scheduler'), fc.constantFrom(...Object.keys(schedulerKeys))),
);
/** Files, a line or two from many sections. */
const files = fc
  .array(fc.tuple(section, text), { maxLength: 12 })
  .map((lines) => lines.map(([[name, of], value]) => `[${name}]\n${of}=${value}\n`).join(''));

describe('whatever the values', () => {
  it('a file is read, or there are errors, each with its place', () => {
    fc.assert(
      fc.property(files, (config) => {
        const result = load(`[supervisord]\n[program:p]\ncommand=x\n[schedule:a]\ncommand=x\n${config}`);
        if (result.type === 'ok') return;
        for (const { message } of result.errors)
          expect(message).toMatch(/^\/.*supervisord\.conf(:\d+)?: .+$/s);
      }),
      { numRuns: 500 },
    );
  });

  it('a schedule is read, or there are errors of one line', () => {
    fc.assert(
      fc.property(fc.oneof(values, plausible), (given) => {
        const result = read(given);
        if (result.type === 'ok') return;
        for (const { message, text: told } of result.errors) {
          expect(message).toMatch(/^[^\n]+$/);
          expect(told).toContain('schedule:s');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('a schedule that can be read gives back its values, equals itself, and has a trigger', () => {
    let read_ = 0;
    fc.assert(
      fc.property(plausible, (given) => {
        const result = read(given);
        if (result.type === 'invalid') return;
        read_++;
        const { schedule, group } = result;
        expect(valuesOf(schedule)).toEqual(given);
        expect(triggerFromSpec(schedule.trigger).toJSON()).toEqual(schedule.trigger);
        expect(JSON.parse(JSON.stringify(schedule.trigger))).toEqual(schedule.trigger);
        const again = read(valuesOf(schedule));
        if (again.type === 'invalid') throw again.errors[0];
        expect(diffGroups([group], [again.group]).changed).toEqual([]);
        expect(group.processes).toHaveLength(
          group.type === 'schedule' ? group.instances * group.processesPerRun : 0,
        );
        expect(new Set(group.processes.map(({ name }) => name)).size).toBe(group.processes.length);
      }),
      { numRuns: 1000 },
    );
    expect(read_).toBeGreaterThan(100);
  });
});
