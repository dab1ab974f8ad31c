import { describe, expect, it } from '@jest/globals';
import { errorsOf, messagesOf } from './support.ts';

const programs = '[supervisord]\n[program:web]\ncommand=x\nautostart=false\n';
const own = (...lines: readonly string[]) =>
  [programs, '[schedule:s]\ncommand=x\n', ...lines.map((line) => `${line}\n`)].join('');
const of = (...lines: readonly string[]) =>
  own(...lines).replace('[schedule:s]\ncommand=x', '[schedule:s]\nprogram=web');

/** What the message says, and what clients are told. */
const cases: readonly (readonly [string, string])[] = [
  [own('hour=24'), '[schedule:s] hour=24: the last value (24) is higher than the maximum value (23)'],
  [own('day_of_week=mon-fri/2'), '[schedule:s] day_of_week=mon-fri/2: Unrecognized expression "mon-fri/2"'],
  [
    own('month=feb', 'day=30'),
    "[schedule:s] month=feb: there is no time for cron[month='feb', day='30'], so it would never run",
  ],
  [
    own('hour=1', 'start_date=2027-01-01', 'end_date=2026-01-01'),
    "[schedule:s] hour=1: there is no time for cron[hour='1'], so it would never run",
  ],
  [
    own('cron=61 * * * *'),
    "[schedule:s] cron=61 * * * *: Error validating expression '61': the last value (61) is higher than the maximum value (59)",
  ],
  [
    own('cron=@reboot'),
    '[schedule:s] cron=@reboot: "@reboot" is no time: a [program:x] with autorestart=false runs at each start',
  ],
  [own('cron=CRON_TZ=Mars 0 0 * * *'), '[schedule:s] cron=CRON_TZ=Mars 0 0 * * *: Unknown time zone "Mars"'],
  [own('cron=* * * *'), '[schedule:s] cron=* * * *: Wrong number of fields; got 4, expected 5 or 6'],
  [own(), '[schedule:s]: no key says when: fields such as hour, or cron, seconds … weeks, or run_date'],
  [
    own('hour=3', 'seconds=4'),
    '[schedule:s] seconds=4: seconds and hour are keys of two triggers, and there can be one',
  ],
  [
    own('cron=@daily', 'hour=1'),
    '[schedule:s] cron=@daily: cron and hour are keys of two triggers, and there can be one',
  ],
  [own('seconds=0'), '[schedule:s] seconds=0: the interval is 0'],
  [own('hours=-1'), "[schedule:s] hours=-1: expected a number, not '-1'"],
  [own('years=1', 'hours=1'), '[schedule:s] hours=1: hours do not go with years, months or at'],
  [own('months=1.5'), '[schedule:s] months=1.5: months must be a whole number, 0 or more'],
  [
    own('weeks=99999999999999999999', 'at=03:00'),
    '[schedule:s] weeks=99999999999999999999: the interval reaches beyond the year 9999',
  ],
  [own('at=03:00'), '[schedule:s] at=03:00: the interval is 0: at goes with years, months, weeks or days'],
  [
    own('days=1', 'at=3pm'),
    "[schedule:s] at=3pm: expected a time of day such as 04:30 or 04:30:00, not '3pm'",
  ],
  [own('run_date=tomorrow'), '[schedule:s] run_date=tomorrow: Invalid date string'],
  [
    own('run_date=2027-01-01', 'end_date=2028-01-01'),
    '[schedule:s] end_date=2028-01-01: run_date is a single time, and has no bounds',
  ],
  [own('hour=1', 'start_date=12:00'), '[schedule:s] start_date=12:00: Invalid date string'],
  [
    own('hour=1', 'timezone=Europa/Berlin'),
    '[schedule:s] timezone=Europa/Berlin: there is no time zone "Europa/Berlin"',
  ],
  [own('hour=1', 'dst=never'), "[schedule:s] dst=never: expected wallclock or once, not 'never'"],
  [
    own('hour=1', 'overlap=maybe'),
    "[schedule:s] overlap=maybe: expected skip, queue or replace, not 'maybe'",
  ],
  [own('hour=1', 'on_lost=x'), "[schedule:s] on_lost=x: expected fail or rerun, not 'x'"],
  [
    own('hour=1', 'coalesce=x'),
    "[schedule:s] coalesce=x: expected true, false, latest, earliest or all, not 'x'",
  ],
  [
    own('hour=1', 'timeout=soon'),
    "[schedule:s] timeout=soon: expected a duration such as 90, 90s, 15m, 6h or 30d, or none, not 'soon'",
  ],
  [
    own('hour=1', 'jitter=none'),
    "[schedule:s] jitter=none: expected a duration such as 90, 90s, 15m, 6h or 30d, not 'none'",
  ],
  [
    own('hour=1', 'misfire_grace_time=0'),
    "[schedule:s] misfire_grace_time=0: expected at least 1 second, or none, not '0'",
  ],
  [
    own('hour=1', 'max_instances=0'),
    "[schedule:s] max_instances=0: expected an integer of at least 1, not '0'",
  ],
  [
    own('hour=1', 'history_limit=-1'),
    "[schedule:s] history_limit=-1: expected an integer of at least 0, not '-1'",
  ],
  [
    own('hour=1', 'max_instances=1000', 'numprocs=100', 'process_name=%(process_num)d'),
    '[schedule:s] max_instances=1000: 100 processes for each of 1000 runs are more than 65536',
  ],
  [own('hour=1', 'on_success=web'), '[schedule:s] on_success=web: expected program:NAME or schedule:NAME'],
  [
    own('hour=1', 'on_failure=program:wbe'),
    '[schedule:s] on_failure=program:wbe: there is no [program:wbe]; did you mean web?',
  ],
  [
    own('hour=1', 'on_failure=schedule:other'),
    '[schedule:s] on_failure=schedule:other: there is no schedule other',
  ],
  [own('hour=1', 'triggers=t'), '[schedule:s] hour=1: does not go with triggers: each of them says when'],
  [
    own('triggers=morning').concat('[trigger:mornin]\nhour=1\n'),
    '[schedule:s] triggers=morning: there is no [trigger:morning]; did you mean mornin?',
  ],
  [
    own('triggers=t').concat('[trigger:t]\nminute=60\n'),
    '[trigger:t] minute=60: the last value (60) is higher than the maximum value (59)',
  ],
  [
    programs.concat('[trigger:t]\nmonth=2\nday=30\n'),
    "[trigger:t] month=2: there is no time for cron[month='2', day='30'], so it would never run",
  ],
  [own('hour=1', 'program=web'), '[schedule:s] command=x: there is a program, and both cannot be'],
  [of('hour=1', 'umask=022'), '[schedule:s] umask=022: program says it in its own section'],
  [
    of('hour=1').replace('program=web', 'program=wbe'),
    '[schedule:s] program=wbe: there is no [program:wbe]; did you mean web?',
  ],
  [of('hour=1').replace('program=web', ''), '[schedule:s]: needs a program or a command'],
  [of('hour=1', 'action=stop').replace('program=web', ''), '[schedule:s]: action=stop needs a program'],
  [
    of('hour=1', 'action=halt'),
    "[schedule:s] action=halt: expected run, start, stop, restart or signal:NAME, not 'halt'",
  ],
  [
    of('hour=1', 'action=signal:FOO'),
    "[schedule:s] action=signal:FOO: value 'FOO' is not a valid signal name",
  ],
  [
    of('hour=1', 'action=stop').replace('program=web', 'program=web:wbe'),
    '[schedule:s] program=web:wbe: there is no program, process or group web:wbe',
  ],
  [
    programs.concat('[scheduler]\njobstore=redis\n'),
    '[scheduler] redis_url: jobstore=redis needs a redis_url',
  ],
  [
    programs.concat('[scheduler]\nmax_runs=0\n'),
    "[scheduler] max_runs=0: expected an integer of at least 1, not '0'",
  ],
  [
    programs.concat('[scheduler]\nnode=my host\n'),
    "[scheduler] node=my host: expected a name without blanks, colons and commas, not 'my host'",
  ],
];

describe('an error about a schedule', () => {
  for (const [config, text] of cases) {
    it(`says ${text}`, () => expect(errorsOf(config).map((error) => error.text)).toContain(text));
  }

  it('has file, line, section, key and value', () => {
    expect(messagesOf(own('hour=24'))).toEqual([
      'supervisord.conf:7: [schedule:s] hour: "24": the last value (24) is higher than the maximum value (23)',
    ]);
    expect(messagesOf(programs.concat('cron=* * * * mob\n'))).toEqual([
      'supervisord.conf:5: [program:web] cron: "* * * * mob": Invalid weekday name "mob"',
    ]);
  });

  it('does not repeat an address with a password in it', () => {
    const [message] = messagesOf(`${programs}[scheduler]\njobstore=redis\nredis_url=redis://:geheim%@h\n`);
    expect(message).toContain('[scheduler] redis_url');
    expect(message).not.toContain('geheim');
  });

  it('is that a group has the name', () => {
    expect(messagesOf(`${programs}[schedule:web]\nprogram=web\nhour=1\n`)).toEqual([
      'supervisord.conf:5: [schedule:web]: [program:web] makes a group named web already',
    ]);
  });

  it('is that cron of a program in a group makes a schedule of the name', () => {
    const config = `${programs}cron=@daily\n[group:g]\nprograms=web\n[schedule:web]\nprogram=web\nhour=1\n`;
    expect(messagesOf(config)).toEqual([
      'supervisord.conf:5: [program:web] cron: [schedule:web] makes a schedule named web already',
    ]);
  });

  it('is that a name cannot be one', () => {
    expect(messagesOf(`${programs}[schedule:a b]\nprogram=web\nhour=1\n`)).toEqual([
      "supervisord.conf:5: [schedule:a b]: Invalid name: 'a b' because of character: ' '",
    ]);
  });

  it('is that the name of a run has a width', () => {
    expect(messagesOf(own('hour=1', 'directory=/%(run_id).4s'))).toEqual([
      'supervisord.conf:8: [schedule:s] directory: "/%(run_id).4s": %(run_id)s and %(scheduled)s can have no width and no precision',
    ]);
  });

  it('is that a program does not know the names of a run', () => {
    expect(messagesOf(programs.replace('command=x', 'command=x %(run_id)s'))[0]).toContain(
      "contains names ('run_id') which cannot be expanded",
    );
  });

  it('is told once, if the action needs a program that is not there', () => {
    expect(messagesOf(`${programs}[schedule:s]\nprogram=wbe\naction=stop\nhour=1\n`)).toEqual([
      'supervisord.conf:6: [schedule:s] program: "wbe": there is no program, process or group wbe; did you mean web?',
    ]);
    expect(messagesOf(`${programs}[schedule:s]\naction=stop\nhour=1\n`)).toEqual([
      'supervisord.conf:5: [schedule:s]: action=stop needs a program',
    ]);
  });

  it('is that the program has no processes', () => {
    expect(messagesOf(`${programs}numprocs=0\n[schedule:s]\nprogram=web\nhour=1\n`)).toEqual([
      'supervisord.conf:7: [schedule:s] program: "web": [program:web] has no processes that could be started',
    ]);
  });

  it('comes with all others', () => {
    expect(messagesOf(own('hour=24', 'overlap=x', 'retries=x', 'on_success=x'))).toHaveLength(4);
  });
});
