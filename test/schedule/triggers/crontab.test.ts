import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TriggerError } from '../../../schedule/trigger-error.ts';
import { CronTrigger } from '../../../schedule/triggers/cron-trigger.ts';
import { parseCrontab } from '../../../schedule/triggers/crontab.ts';

describe('a line of a crontab', () => {
  const every = `month='*', day='*', day_of_week='*'`;
  const cases: readonly (readonly [line: string, trigger: string])[] = [
    ['*/5 * * * *', `cron[${every}, hour='*', minute='*/5']`],
    ['  30\t4 * *  * ', `cron[${every}, hour='4', minute='30']`],
    ['15 30 4 * * *', `cron[${every}, hour='4', minute='30', second='15']`],
    ['0 9 * * 1-5', `cron[month='*', day='*', day_of_week='mon-fri', hour='9', minute='0']`],
    ['0 9 * * 0', `cron[month='*', day='*', day_of_week='sun', hour='9', minute='0']`],
    ['0 9 * * 7', `cron[month='*', day='*', day_of_week='sun', hour='9', minute='0']`],
    ['0 9 * * 0-7', `cron[month='*', day='*', day_of_week='mon-sun', hour='9', minute='0']`],
    ['0 9 * * 5-7', `cron[month='*', day='*', day_of_week='fri-sun', hour='9', minute='0']`],
    ['0 9 * * Fri-Sun', `cron[month='*', day='*', day_of_week='fri-sun', hour='9', minute='0']`],
    ['0 9 * * sun-tue', `cron[month='*', day='*', day_of_week='mon-tue,sun', hour='9', minute='0']`],
    ['0 9 * * */2', `cron[month='*', day='*', day_of_week='tue,thu,sat-sun', hour='9', minute='0']`],
    ['0 9 * * 1-5/2', `cron[month='*', day='*', day_of_week='mon,wed,fri', hour='9', minute='0']`],
    ['0 9 * jan,Jun-aug/2 *', `cron[month='1,6-8/2', day='*', day_of_week='*', hour='9', minute='0']`],
    // Longer steps than APScheduler takes mean the first value.
    ['*/60 */24 * * *', `cron[${every}, hour='0', minute='0']`],
    ['10-20/30 5/40 * * *', `cron[${every}, hour='5', minute='10']`],
    ['0 0 ? * ?', `cron[${every}, hour='0', minute='0']`],
    // The day or the weekday, unless one of them begins with an asterisk.
    ['0 0 1,15 * 5', `cron[month='*', day='1,15' or day_of_week='fri', hour='0', minute='0']`],
    ['0 0 */2 * 5', `cron[month='*', day='*/2', day_of_week='fri', hour='0', minute='0']`],
    ['0 0 13 * */2', `cron[month='*', day='13', day_of_week='tue,thu,sat-sun', hour='0', minute='0']`],
    ['0 0 L * *', `cron[month='*', day='last', day_of_week='*', hour='0', minute='0']`],
    ['0 0 * * 5L', `cron[month='*', day='last fri', day_of_week='*', hour='0', minute='0']`],
    ['0 0 * * 1#3,fri#1', `cron[month='*', day='3rd mon,1st fri', day_of_week='*', hour='0', minute='0']`],
    ['0 0 15 * 1#3', `cron[month='*', day='15,3rd mon', day_of_week='*', hour='0', minute='0']`],
    ['0 0 * * tue,5L', `cron[month='*', day='last fri' or day_of_week='tue', hour='0', minute='0']`],
    ['@hourly', `cron[${every}, hour='*', minute='0']`],
    ['@daily', `cron[${every}, hour='0', minute='0']`],
    ['@midnight', `cron[${every}, hour='0', minute='0']`],
    ['@weekly', `cron[month='*', day='*', day_of_week='sun', hour='0', minute='0']`],
    ['@monthly', `cron[month='*', day='1', day_of_week='*', hour='0', minute='0']`],
    ['@yearly', `cron[month='1', day='1', day_of_week='*', hour='0', minute='0']`],
    ['@annually', `cron[month='1', day='1', day_of_week='*', hour='0', minute='0']`],
    ['@every 90s', 'interval[0:01:30]'],
    ['@every 1h30m', 'interval[1:30:00]'],
    ['@every 1.5h', 'interval[1:30:00]'],
    ['@every 25h', 'interval[1 day, 1:00:00]'],
    ['@every 1500ms', 'interval[0:00:01]'],
    ['@every 10ms', 'interval[0:00:01]'],
  ];
  it.each(cases)('%j is %s', (line, trigger) => {
    expect(String(parseCrontab(line))).toBe(trigger);
  });

  it.each(['TZ', 'CRON_TZ'])('has its zone in %s=, which wins', (name) => {
    const trigger = parseCrontab(`${name}=Europe/Paris 0 9 * * *`, { timezone: 'UTC' });
    expect(trigger.timezone).toBe('Europe/Paris');
    expect(parseCrontab(`${name}=Europe/Paris @daily`).timezone).toBe('Europe/Paris');
    expect(parseCrontab('0 9 * * *', { timezone: 'UTC' }).timezone).toBe('UTC');
  });

  it('fires on the 1st, the 15th and every friday, if that is what it says', () => {
    const trigger = parseCrontab('0 9 1,15 * 5', { timezone: 'UTC' });
    const days: string[] = [];
    for (let at = new Date('2024-05-17T08:09:10Z'); days.length < 6; ) {
      at = trigger.getNextFireTime(days.length === 0 ? undefined : at, at) ?? at;
      days.push(at.toISOString().slice(5, 10));
    }
    expect(days).toEqual(['05-17', '05-24', '05-31', '06-01', '06-07', '06-14']);
  });

  const errors: readonly (readonly [line: string, message: string])[] = [
    ['', 'Wrong number of fields; got 0, expected 5 or 6'],
    ['* * * *', 'Wrong number of fields; got 4, expected 5 or 6'],
    ['* * * * * * *', 'Wrong number of fields; got 7, expected 5 or 6'],
    [
      '60 * * * *',
      `Error validating expression '60': the last value (60) is higher than the maximum value (59)`,
    ],
    [
      '10-70/80 * * * *',
      `Error validating expression '10-70': the last value (70) is higher than the maximum value (59)`,
    ],
    ['* * 0 * *', `Error validating expression '0': the first value (0) is lower than the minimum value (1)`],
    ['* * * * 8', `Error validating expression '8': the last value (8) is higher than the maximum value (7)`],
    ['* * * * sat-mon', 'The minimum value in a range must not be higher than the maximum'],
    ['* 22-4 * * *', 'The minimum value in a range must not be higher than the maximum'],
    ['*/0 * * * *', 'Increment must be higher than 0'],
    ['? * * * *', 'Unrecognized expression "?" for field "minute"'],
    ['1,,2 * * * *', 'Unrecognized expression "" for field "minute"'],
    ['* * * foo *', 'Invalid month name "foo"'],
    ['* * * * foo', 'Invalid weekday name "foo"'],
    [
      '* * 15W * *',
      'Unrecognized expression "15W" for field "day": the weekday nearest to a day cannot be asked for',
    ],
    [
      '* * LW * *',
      'Unrecognized expression "LW" for field "day": the weekday nearest to a day cannot be asked for',
    ],
    [
      '* * L-3 * *',
      'Unrecognized expression "L-3" for field "day": a number of days before the last one cannot be asked for',
    ],
    [
      'H * * * *',
      'Unrecognized expression "H" for field "minute": a value chosen by a hash is not known; use jitter',
    ],
    ['* * * * 1#6', 'Unrecognized expression "1#6" for field "day_of_week"'],
    ['* * * * L', 'Invalid weekday name "L"'],
    ['* * */2 * 5L', '"*/2" cannot go with "5L"'],
    ['@reboot', '"@reboot" is no time: a [program:x] with autorestart=false runs at each start'],
    ['@fortnightly', 'Unrecognized expression "@fortnightly"'],
    ['@daily 5', 'Unrecognized expression "@daily 5"'],
    ['@every', 'Unrecognized duration "": such as 90s or 1h30m is expected'],
    ['@every 90', 'Unrecognized duration "90": such as 90s or 1h30m is expected'],
    ['@every -5s', 'Unrecognized duration "-5s": such as 90s or 1h30m is expected'],
    ['@every 0s', 'Unrecognized duration "0s": such as 90s or 1h30m is expected'],
    ['TZ=Mars/Phobos * * * * *', 'Unknown time zone "Mars/Phobos"'],
  ];
  it.each(errors)('is rejected if it is %j', (line, message) => {
    expect(() => parseCrontab(line)).toThrow(new TriggerError(message));
  });

  it('throws nothing but trigger errors, whatever it says', () => {
    const anyWord = fc.string({
      unit: fc.constantFrom(...'0123456789*/-,?#L@', 'mon', 'sun', 'jan', 'TZ=', 'UTC', '@every', '5m', ' '),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(anyWord, { maxLength: 7 }).map((words) => words.join(' ')),
        ),
        (line) => {
          for (const parse of [parseCrontab, CronTrigger.fromCrontab]) {
            try {
              parse(line);
            } catch (error) {
              if (!(error instanceof TriggerError)) throw error;
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('fromCrontab', () => {
  it('has the weekday numbers of APScheduler, or those of crontabs', () => {
    expect(String(CronTrigger.fromCrontab('0 9 * * 0'))).toContain(`day_of_week='0'`);
    expect(String(CronTrigger.fromCrontab('0 9 * * 0,3-5', { weekdays: 'crontab' }))).toContain(
      `day_of_week='wed-fri,sun'`,
    );
  });

  it('lets both the day and the weekday match, as APScheduler does', () => {
    const trigger = CronTrigger.fromCrontab('0 9 13 * 5', { weekdays: 'crontab', timezone: 'UTC' });
    const next = trigger.getNextFireTime(undefined, new Date('2024-05-17T00:00:00Z'));
    expect(next?.toISOString()).toBe('2024-09-13T09:00:00.000Z');
  });
});
