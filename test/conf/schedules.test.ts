import { describe, expect, it } from '@jest/globals';
import { checkReport } from '../../conf/check.ts';
import { diffGroups, unchangedProcesses } from '../../conf/diff.ts';
import { loadSettings } from '../../conf/load.ts';
import { dependsOnRun, settingsForRun } from '../../conf/run-names.ts';
import { originsOf } from '../../conf/schedule-origins.ts';
import { type ScheduleSettings, schedulesOf } from '../../conf/schedule-settings.ts';
import type { GroupSettings, Settings } from '../../conf/settings.ts';
import { contextIn, settingsOf, TemporaryFiles } from './support.ts';

const backup = '[program:backup]\ncommand=/bin/backup\nautostart=false\n';
const own = (...lines: readonly string[]) =>
  `[schedule:s]\ncommand=/bin/x\ntimezone=UTC\n${lines.join('\n')}\n`;
const read = (config: string): Settings => settingsOf(`[supervisord]\n${config}`);

function groupOf(config: string, name = 's'): GroupSettings {
  const group = read(config).groups.find((candidate) => candidate.name === name);
  if (group === undefined) throw new Error(`no group ${name}`);
  return group;
}

function scheduleOf(config: string, name = 's'): ScheduleSettings {
  const schedule = schedulesOf(read(config).groups).find((candidate) => candidate.name === name);
  if (schedule === undefined) throw new Error(`no schedule ${name}`);
  return schedule;
}

const following = (name: string, key: 'on_success' | 'on_failure', next: string): string =>
  `[schedule:${name}]\ncommand=x\nhour=1\n${key}=schedule:${next}\n`;

const warnings = (config: string): readonly string[] =>
  read(config)
    .notices.filter(({ level }) => level === 'warn')
    .map(({ text }) => text.replace(/^.*\//, ''));

const at = (config: string, now: string) => {
  using files = new TemporaryFiles({ 'supervisord.conf': `[supervisord]\n${config}` });
  return loadSettings('supervisord.conf', { ...contextIn(files.directory), now: () => new Date(now) });
};

describe('[scheduler]', () => {
  it('has defaults without a section', () => {
    expect(read('logfile=/var/log/supervisord.log\n').scheduler).toEqual({
      timezone: undefined,
      jobstore: 'sqlite',
      jobstore_path: '/var/log/supervisord.schedule.db',
      redis_url: undefined,
      redis_prefix: 'supervisor:schedule:',
      node: 'node1',
      paused: false,
      max_runs: 10,
      shutdown_wait: 0,
      misfire_grace_time: 60,
      coalesce: 'latest',
      max_instances: 1,
      history_limit: 100,
      history_max_age: 2_592_000,
      written: new Map(),
    });
  });

  it('is read', () => {
    const lines = [
      'timezone=asia/shanghai',
      'jobstore=redis',
      'jobstore_path=/tmp/jobs',
      'redis_url=unix:///run/redis.sock',
      'redis_prefix=p:',
      'node=%(host_node_name)s-a',
      'paused=true',
      'max_runs=3',
      'shutdown_wait=1m',
      'misfire_grace_time=none',
      'coalesce=false',
      'max_instances=2',
      'history_limit=0',
      'history_max_age=none',
    ];
    expect(read(`[scheduler]\n${lines.join('\n')}\n`).scheduler).toMatchObject({
      timezone: 'asia/shanghai',
      jobstore: 'redis',
      jobstore_path: '/tmp/jobs',
      redis_url: 'unix:///run/redis.sock',
      redis_prefix: 'p:',
      node: 'node1-a',
      paused: true,
      max_runs: 3,
      shutdown_wait: 60,
      misfire_grace_time: undefined,
      coalesce: 'all',
      max_instances: 2,
      history_limit: 0,
      history_max_age: undefined,
    });
  });

  for (const logfile of ['syslog', '/dev/stdout']) {
    it(`keeps its jobs beside the pidfile with logfile=${logfile}`, () => {
      const { scheduler } = read(`logfile=${logfile}\npidfile=/run/supervisord.pid\n`);
      expect(scheduler.jobstore_path).toBe('/run/supervisord.schedule.db');
    });
  }
});

describe('a schedule', () => {
  it('of a program has the processes of the program in a group of its own', () => {
    const config = `${backup}exitcodes=0,3\nuser=web\n[schedule:s]\nprogram=backup\nhour=3\n`;
    expect(read(config).groups.map(({ name, type }) => [name, type])).toEqual([
      ['backup', 'program'],
      ['s', 'schedule'],
    ]);
    const group = groupOf(config);
    expect(group).toMatchObject({ instances: 1, processesPerRun: 1 });
    expect(group.processes).toHaveLength(1);
    expect(group.processes[0]).toMatchObject({
      name: 's',
      group: 's',
      section: 'schedule:s',
      command: '/bin/backup',
      exitcodes: [0, 3],
      user: { name: 'web' },
      autostart: false,
      autorestart: 'never',
      startsecs: 0,
      startretries: 3,
    });
    expect(groupOf(config, 'backup').processes[0]).toMatchObject({ startsecs: 1, section: 'program:backup' });
  });

  it('finds a program that is in a group', () => {
    const config = `${backup}[group:g]\nprograms=backup\n[schedule:s]\nprogram=backup\nhour=3\n`;
    expect(groupOf(config).processes[0]).toMatchObject({ name: 's', group: 's', command: '/bin/backup' });
  });

  it('of a command has its keys, among which the names of the schedule are known', () => {
    const { processes, priority } = groupOf(
      own('hour=1', 'directory=/srv/%(program_name)s', 'stdout_logfile=NONE', 'exitcodes=1', 'priority=5'),
    );
    expect(processes).toMatchObject([
      { name: 's', directory: '/srv/s', stdout: { logfile: { type: 'NONE' } }, exitcodes: [1] },
    ]);
    expect(priority).toBe(5);
  });

  const names: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['one process', [], ['s']],
    ['several instances', ['max_instances=3'], ['s_00', 's_01', 's_02']],
    ['several processes', ['numprocs=2', 'process_name=p%(process_num)d'], ['p0', 'p1']],
    [
      'several instances of several processes',
      ['numprocs=2', 'process_name=p%(process_num)d', 'max_instances=2'],
      ['p0_00', 'p1_00', 'p0_01', 'p1_01'],
    ],
    ['a name of its own', ['process_name=own', 'max_instances=2'], ['own_00', 'own_01']],
  ];
  for (const [what, lines, expected] of names) {
    it(`names ${what} ${expected.join(', ')}`, () => {
      const group = groupOf(own('hour=1', ...lines));
      expect(group.processes.map(({ name }) => name)).toEqual(expected);
    });
  }

  it('keeps the names of a program of several processes', () => {
    const program = `${backup}numprocs=2\nprocess_name=b%(process_num)d\n`;
    const group = groupOf(`${program}[schedule:s]\nprogram=backup\nhour=3\n`);
    expect(group.processes.map(({ name }) => name)).toEqual(['b0', 'b1']);
    expect(group).toMatchObject({ processesPerRun: 2, instances: 1 });
  });

  const triggers: readonly (readonly [string, unknown])[] = [
    ['hour=3\nday_of_week=mon-fri', { type: 'cron', dayOfWeek: 'mon-fri', hour: '3' }],
    ['cron=@every 90s', { type: 'interval', seconds: 90 }],
    [
      'minutes=10\nseconds=30\nstart_date=2027-01-01',
      { type: 'interval', minutes: 10, seconds: 30, startDate: '2027-01-01' },
    ],
    ['months=2\nat=04:30', { type: 'calendarinterval', months: 2, hour: 4, minute: 30, second: 0 }],
    ['days=2\nat=04:30:15', { type: 'calendarinterval', days: 2, hour: 4, minute: 30, second: 15 }],
    ['run_date=2027-01-01 12:00:00', { type: 'date', runDate: '2027-01-01 12:00:00' }],
    [
      'hour=2\ndst=once\nend_date=2030-01-01',
      { type: 'cron', hour: '2', dst: 'once', endDate: '2030-01-01' },
    ],
    ['run_date=2027-01-01\njitter=1m', { type: 'or', jitter: 60 }],
  ];
  for (const [lines, spec] of triggers) {
    it(`makes a trigger of ${JSON.stringify(lines)}`, () => {
      expect(scheduleOf(own(lines)).trigger).toMatchObject(spec as object);
    });
  }

  it('says its zone in its trigger: its own, that of the scheduler, or that of the host', () => {
    const zoneOf = (config: string) => scheduleOf(config).trigger['timezone'];
    const bare = '[schedule:s]\ncommand=x\nhour=1\n';
    expect(zoneOf(`[scheduler]\ntimezone=Asia/Tokyo\n${own('hour=1')}`)).toBe('UTC');
    expect(zoneOf(`[scheduler]\ntimezone=Asia/Tokyo\n${bare}`)).toBe('Asia/Tokyo');
    expect(zoneOf(bare)).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  });

  it('is in the zone of the host, or else in UTC, which is said', () => {
    using files = new TemporaryFiles({
      'supervisord.conf': '[supervisord]\nstrict=true\n[schedule:s]\ncommand=/bin/x\nhour=1\n',
    });
    const readWith = (TZ: string) => {
      const result = loadSettings('supervisord.conf', contextIn(files.directory, { TZ }));
      if (result.type === 'invalid') throw result.errors[0];
      const { groups, notices } = result.settings;
      const zones = schedulesOf(groups).map(({ trigger }) => trigger['timezone']);
      return [...zones, ...notices.filter(({ level }) => level === 'warn').map(({ text }) => text)];
    };
    expect(readWith(':Europe/Paris')).toEqual(['Europe/Paris']);
    expect(readWith('')).toEqual(['UTC']);
    expect(readWith('CET-1CEST,M3.5.0,M10.5.0/3')).toEqual([
      'UTC',
      "the time zone of the host cannot be told from TZ='CET-1CEST,M3.5.0,M10.5.0/3': schedules without a timezone of their own are in UTC",
    ]);
  });

  it('names a trigger once, however often it says so', () => {
    const config = `[trigger:a]\nhour=1\n${own('triggers=a,a, a')}`;
    expect(scheduleOf(config).trigger['triggers']).toHaveLength(1);
  });

  it('runs at the times of any of the triggers that it names', () => {
    const config = `[trigger:a]\nhour=1\n[trigger:b]\nday=last\ntimezone=Asia/Tokyo\n${own('triggers=a, b')}`;
    expect(scheduleOf(config).trigger).toEqual({
      type: 'or',
      triggers: [
        { type: 'cron', hour: '1', timezone: 'UTC' },
        { type: 'cron', day: 'last', timezone: 'Asia/Tokyo' },
      ],
    });
    expect(warnings(config)).toEqual([]);
  });

  it('has the keys of a schedule', () => {
    const lines = [
      'seconds=5',
      'jitter=2.5',
      'jitter_fixed=true',
      'misfire_grace_time=6h',
      'coalesce=earliest',
      'max_instances=2',
      'overlap=queue',
      'timeout=1h30m',
      'retries=2',
      'retry_delay=1m',
      'run_on_start=true',
      'on_success=schedule:s',
      'on_failure=program:backup',
      'failure_threshold=3',
      'on_lost=rerun',
      'hosts=a, %(host_node_name)s',
      'history_limit=5',
      'history_max_age=2w',
      'paused=true',
    ];
    expect(scheduleOf(backup + own(...lines))).toMatchObject({
      name: 's',
      section: 'schedule:s',
      source: 'file',
      action: { type: 'run' },
      jitter: 2.5,
      jitter_fixed: true,
      misfire_grace_time: 21_600,
      coalesce: 'earliest',
      max_instances: 2,
      overlap: 'queue',
      timeout: 5400,
      retries: 2,
      retry_delay: 60,
      run_on_start: true,
      on_success: { type: 'schedule', name: 's' },
      on_failure: { type: 'program', section: 'program:backup' },
      failure_threshold: 3,
      on_lost: 'rerun',
      hosts: ['a', 'node1'],
      history_limit: 5,
      history_max_age: 1_209_600,
      paused: true,
    });
  });

  it('takes what it does not say from [scheduler], and can say none where that says something', () => {
    const scheduler = '[scheduler]\nmisfire_grace_time=5\nhistory_limit=7\ncoalesce=all\nmax_instances=2\n';
    expect(scheduleOf(scheduler + own('hour=1'))).toMatchObject({
      misfire_grace_time: 5,
      history_limit: 7,
      coalesce: 'all',
      max_instances: 2,
      timeout: undefined,
    });
    expect(
      scheduleOf(scheduler + own('hour=1', 'misfire_grace_time=none')).misfire_grace_time,
    ).toBeUndefined();
  });

  const web = '[program:web]\ncommand=x\n[eventlistener:l]\ncommand=x\nevents=TICK_5\n';
  const group = '[group:g]\nprograms=web\n';
  const actions: readonly (readonly [string, string, unknown])[] = [
    ['start', 'web', { type: 'start', target: { type: 'section', section: 'program:web' } }],
    ['RESTART', 'l', { type: 'restart', target: { type: 'section', section: 'eventlistener:l' } }],
    ['stop', 'g', { type: 'stop', target: { type: 'group', group: 'g' } }],
    ['stop', 'g:*', { type: 'stop', target: { type: 'group', group: 'g' } }],
    [
      'signal:HUP',
      'g:web',
      { type: 'signal', signal: 1, target: { type: 'process', group: 'g', name: 'web' } },
    ],
  ];
  for (const [action, program, expected] of actions) {
    it(`can ${action} ${program}, with a group that is empty`, () => {
      const config = `${web}${group}[schedule:s]\nhour=1\naction=${action}\nprogram=${program}\n`;
      expect(scheduleOf(config).action).toEqual(expected);
      expect(groupOf(config)).toMatchObject({ type: 'schedule', processes: [], processesPerRun: 0 });
    });
  }

  it('inherits from [DEFAULT]', () => {
    expect(scheduleOf(`[DEFAULT]\nretries=4\n[schedule:s]\ncommand=x\nhour=1\n`).retries).toBe(4);
  });
});

describe('cron of a program', () => {
  const web = (...lines: readonly string[]) => `[program:web]\ncommand=x\n${lines.join('\n')}\n`;

  it('makes a schedule that starts the program, and belongs to its group', () => {
    const config = web('cron=*/5 * * * *', 'cron_timezone=UTC', 'cron_retries=2', 'autostart=false');
    const { groups } = read(config);
    expect(groups.map(({ name, type }) => [name, type])).toEqual([['web', 'program']]);
    expect(groups[0]?.schedules).toMatchObject([
      {
        name: 'web',
        section: 'program:web',
        line: 4,
        action: { type: 'start', target: { type: 'section', section: 'program:web' } },
        trigger: { type: 'cron', minute: '*/5', timezone: 'UTC' },
        overlap: 'skip',
        retries: 2,
      },
    ]);
    expect(warnings(config)).toEqual([]);
  });

  it('belongs to the first group that has the program', () => {
    const config = `${web('cron=@daily')}[group:a]\nprograms=web\n[group:b]\nprograms=web\n`;
    expect(read(config).groups.map(({ name, schedules = [] }) => [name, schedules.length])).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
  });

  it('names its keys as they are written in errors', () => {
    const result = at(web('cron=@daily', 'cron_timezone=Mars', 'cron_overlap=skip'), '2026-01-01');
    expect(result).toMatchObject({ type: 'invalid', errors: [{ key: 'cron_timezone', line: 5 }] });
  });

  it('goes by no key that it does not have', () => {
    const config = web('cron=@daily', 'cron_overlap=queue', 'cron_hour=3', 'autostart=false');
    const { groups, scheduler } = read(config);
    const [schedule] = schedulesOf(groups);
    expect(schedule).toMatchObject({ overlap: 'skip', trigger: { type: 'cron', hour: '0' } });
    expect(warnings(config)).toHaveLength(2);
    const origins = originsOf(schedule as ScheduleSettings, scheduler);
    expect(origins.find(({ key }) => key === 'overlap')?.origin).toEqual({ type: 'default' });
    expect(origins.find(({ key }) => key === 'action')?.value).toBe('start');
  });

  it('is missed where its other keys are', () => {
    expect(warnings(web('cron_timezone=UTC'))).toEqual([
      'supervisord.conf:4: [program:web] cron_timezone: has no meaning without cron',
    ]);
  });

  it('is unknown to event listeners', () => {
    expect(warnings('[eventlistener:l]\ncommand=x\nevents=TICK_5\ncron=@daily\n')).toEqual([
      'supervisord.conf:5: [eventlistener:l] cron: unknown key',
    ]);
  });
});

describe('what is odd about a schedule is told', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'a program that starts with supervisord anyway',
      '[program:web]\ncommand=x\n[schedule:s]\nprogram=web\nhour=1\n',
      'supervisord.conf:5: [schedule:s] program: "web": [program:web] also starts with supervisord, as its autostart is true',
    ],
    [
      'the same with cron',
      '[program:web]\ncommand=x\ncron=@daily\n',
      'supervisord.conf:4: [program:web] cron: "@daily": [program:web] also starts with supervisord, as its autostart is true',
    ],
    [
      'cron of a program without processes',
      '[program:web]\ncommand=x\ncron=@daily\nnumprocs=0\n',
      'supervisord.conf:4: [program:web] cron: "@daily": [program:web] has no processes that could be started',
    ],
    [
      'a key of programs that means nothing',
      own('hour=1', 'autorestart=true'),
      'supervisord.conf:6: [schedule:s] autorestart: "true": has no meaning here: the schedule alone starts it',
    ],
    [
      'dst with an interval',
      own('hours=1', 'dst=once'),
      'supervisord.conf:6: [schedule:s] dst: "once": has a meaning for cron times only',
    ],
    [
      'a trigger that no schedule names',
      '[trigger:t]\nhour=1\n',
      'supervisord.conf:2: [trigger:t]: no schedule names this trigger',
    ],
    [
      'a key that does not exist',
      own('hour=1', 'mintue=1'),
      'supervisord.conf:6: [schedule:s] mintue: unknown key; did you mean minute?',
    ],
    [
      'schedules that follow each other in a circle',
      `${own('hour=1', 'on_success=schedule:a')}${following('a', 'on_success', 'b')}${following('b', 'on_success', 'a')}`,
      'supervisord.conf:10: [schedule:a] on_success: "schedule:b": runs follow each other without an end as long as they succeed: a, b, a',
    ],
    [
      'a schedule that follows itself',
      following('a', 'on_failure', 'a'),
      'supervisord.conf:5: [schedule:a] on_failure: "schedule:a": runs follow each other without an end as long as they fail: a, a',
    ],
    [
      'hosts that are all others, with a job store that nobody shares',
      own('hour=1', 'hosts=a,b'),
      'supervisord.conf:6: [schedule:s] hosts: "a,b": does not name this node, node1, so it will not run here',
    ],
    [
      'the same with cron',
      `[scheduler]\njobstore=memory\nnode=c\n${backup}cron=@daily\ncron_hosts=a\n`,
      'supervisord.conf:9: [program:backup] cron_hosts: "a": does not name this node, c, so it will not run here',
    ],
  ];
  for (const [what, config, expected] of cases) {
    it(what, () => expect(warnings(config)).toEqual([expected]));
  }

  it('not of hosts that are all others if these share the job store, or if one of them is this node', () => {
    const redis = '[scheduler]\njobstore=redis\nredis_url=unix:///run/redis.sock\n';
    expect(warnings(redis + own('hour=1', 'hosts=a'))).toEqual([]);
    expect(warnings(own('hour=1', 'hosts=a,node1'))).toEqual([]);
  });

  it('even strict lets hosts of others pass, as several machines may have one file', () => {
    expect(read(`strict=true\n${own('hour=1', 'hosts=a')}`).groups).toHaveLength(1);
  });

  it('not of a repair after which it is tried again', () => {
    expect(warnings(following('a', 'on_failure', 'b') + following('b', 'on_success', 'a'))).toEqual([]);
  });

  it('but not of one of several triggers that is over', () => {
    const triggers = '[trigger:a]\nrun_date=2025-12-31\n[trigger:b]\nhour=1\n';
    const result = at(`${own('triggers=a,b')}${triggers}`, '2026-01-01T00:00:00Z');
    expect(result).toMatchObject({ type: 'ok', settings: { notices: [] } });
  });

  it('also that it is over, which even strict lets pass', () => {
    for (const lines of ['run_date=2025-12-31', 'hour=1\nend_date=2025-12-31', 'year=2025']) {
      const result = at(`strict=true\n${own(lines)}`, '2026-01-01T00:00:00Z');
      expect(result).toMatchObject({
        type: 'ok',
        settings: {
          notices: [{ text: expect.stringMatching(/its last time has passed, so it will not run$/) }],
        },
      });
      expect(at(own(lines), '2024-06-01T00:00:00Z')).toMatchObject({ settings: { notices: [] } });
    }
  });
});

describe('a difference', () => {
  const diff = (before: string, after: string) => diffGroups(read(before).groups, read(after).groups);
  const program = '[program:s]\ncommand=/bin/x\nautostart=false\nautorestart=false\nstartsecs=0\n';
  const none = { added: [], changed: [], removed: [] };

  it('names schedules that come and go, also those without processes', () => {
    const stop = '[schedule:t]\naction=stop\nprogram=backup\nhour=1\n';
    expect(diff(backup, backup + own('hour=1') + stop)).toEqual({ ...none, added: ['s', 't'] });
    expect(diff(backup + own('hour=1') + stop, backup)).toEqual({ ...none, removed: ['s', 't'] });
  });

  it('is none for one that is written elsewhere, or in other words', () => {
    expect(diff(own('hour=1'), `; c\n${own('dst=wallclock', 'misfire_grace_time=1m', 'hour=1')}`)).toEqual(
      none,
    );
    expect(diff('', `[scheduler]\nmax_runs=1\n`)).toEqual(none);
  });

  const changes = [
    'minute=2',
    'end_date=2030-01-01',
    'dst=once',
    'jitter=1',
    'jitter_fixed=true',
    'misfire_grace_time=none',
    'coalesce=all',
    'max_instances=2',
    'overlap=queue',
    'timeout=1',
    'retries=1',
    'retry_delay=1',
    'run_on_start=true',
    'on_success=schedule:s',
    'on_failure=schedule:s',
    'failure_threshold=2',
    'on_lost=rerun',
    'hosts=a',
    'history_limit=1',
    'history_max_age=1',
    'paused=true',
    'umask=022',
  ];
  for (const line of changes) {
    it(`sees ${line} come and go`, () => {
      expect(diff(own('hour=1'), own('hour=1', line))).toEqual({ ...none, changed: ['s'] });
      expect(diff(own('hour=1', line), own('hour=1'))).toEqual({ ...none, changed: ['s'] });
    });
  }

  it('sees another action, a default of [scheduler], and cron of a program', () => {
    const action = (word: string) => `${backup}[schedule:s]\nprogram=backup\nhour=1\naction=${word}\n`;
    expect(diff(action('stop'), action('start')).changed).toEqual(['s']);
    expect(diff(own('hour=1'), `[scheduler]\nhistory_limit=1\n${own('hour=1')}`).changed).toEqual(['s']);
    expect(diff(backup, `${backup}cron=@daily\n`).changed).toEqual(['backup']);
  });

  it('leaves processes alone if only the time of a schedule has changed', () => {
    const [before, after] = [groupOf(own('hour=1')), groupOf(own('hour=2', 'max_instances=1'))];
    expect([...unchangedProcesses(before, after)]).toEqual(['s']);
  });

  it('never takes the process of a program for that of a schedule', () => {
    expect(diff(program, own('hour=1')).changed).toEqual(['s']);
    expect([...unchangedProcesses(groupOf(program), groupOf(own('hour=1')))]).toEqual([]);
  });
});

describe('names of a run', () => {
  const run = { run_id: '01J', scheduled: '2026-01-01T00:00:00Z' };
  const processOf = (...lines: readonly string[]) => {
    const [process] = groupOf(own('hour=1', ...lines)).processes;
    if (process === undefined) throw new Error('one process');
    return process;
  };

  it('stay as they are written until it starts', () => {
    const settings = processOf(
      'command=/bin/x %(run_id)s 100%%',
      'directory=/%(run_id)s',
      'environment=RUN=%(run_id)s,AT="at %(scheduled)s"',
      'stdout_logfile=/tmp/%(run_id)s-%(scheduled)s.log',
    );
    expect(dependsOnRun(settings)).toBe(true);
    expect(settings.command).toBe('/bin/x %(run_id)s 100%');
    expect(settingsForRun(settings, run)).toMatchObject({
      command: '/bin/x 01J 100%',
      directory: '/01J',
      environment: new Map([
        ['RUN', '01J'],
        ['AT', 'at 2026-01-01T00:00:00Z'],
      ]),
      stdout: { logfile: { type: 'file', path: '/tmp/01J-2026-01-01T00:00:00Z.log' } },
      stderr: { logfile: { type: 'AUTO' } },
    });
  });

  it('cost a schedule without them nothing', () => {
    const settings = processOf('environment=A="1"');
    expect(dependsOnRun(settings)).toBe(false);
    expect(settingsForRun(settings, run)).toBe(settings);
  });
});

describe('where a key comes from', () => {
  it('is a line of a file, of [scheduler], or nowhere', () => {
    const { groups, scheduler } = read(
      `[scheduler]\nhistory_limit=7\ntimezone=UTC\n[schedule:s]\ncommand=x\nhour=3\n`,
    );
    const origins = new Map(
      originsOf(schedulesOf(groups)[0] as ScheduleSettings, scheduler).map(({ key, value, origin }) => [
        key,
        [value, origin.type === 'file' ? origin.line : origin.type],
      ]),
    );
    expect(origins.get('hour')).toEqual(['3', 7]);
    expect(origins.get('command')).toEqual(['x', 6]);
    expect(origins.get('history_limit')).toEqual(['7', 3]);
    expect(origins.get('timezone')).toEqual(['UTC', 4]);
    expect(origins.get('misfire_grace_time')).toEqual(['60s', 'default']);
    expect(origins.get('overlap')).toEqual(['skip', 'default']);
    expect(origins.has('minute')).toBe(false);
    expect(origins.has('stopsignal')).toBe(false);
  });
});

describe('the report of --check', () => {
  it('says when and what', () => {
    const report = checkReport(
      read(
        `${backup}${own('hour=3', 'jitter=60')}[schedule:t]\nprogram=backup\naction=stop\nhours=1\ntimezone=UTC\n`,
      ),
    );
    expect(report).toContain(': ok, 3 groups, 2 processes, 2 schedules\n');
    expect(report).toContain("\nschedule s\n  when: cron[hour='3'], UTC\n  jitter: 60 seconds\n\ns:s\n");
    expect(report).toContain(
      '\nschedule t\n  when: interval[1:00:00], UTC\n  action: stop [program:backup]\n',
    );
  });
});
