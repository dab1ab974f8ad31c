import { describe, expect, it } from '@jest/globals';
import type { ProcessSettings } from '../../conf/settings.ts';
import { messagesOf, settingsOf } from './support.ts';

const program = (...lines: readonly string[]) =>
  `[supervisord]\n[program:p]\ncommand=x\n${lines.join('\n')}\n`;

function processOf(...lines: readonly string[]): ProcessSettings {
  const process = settingsOf(program(...lines)).groups[0]?.processes[0];
  if (process === undefined) throw new Error('no process');
  return process;
}

const warnings = (config: string, files = {}) =>
  settingsOf(config, files)
    .notices.filter(({ level }) => level === 'warn')
    .map(({ text }) => text.replace(/^\S*\/(?=\w+\.\w+:)/, ''));

describe('a program', () => {
  it('has these settings by default', () => {
    expect(processOf()).toEqual({
      name: 'p',
      group: 'p',
      section: 'program:p',
      file: expect.stringMatching(/supervisord\.conf$/),
      command: 'x',
      priority: 999,
      autostart: true,
      autorestart: 'unexpected',
      startsecs: 1,
      startretries: 3,
      exitcodes: [0],
      on_exit: 'none',
      on_fatal: 'none',
      stopsignal: 15,
      stopwaitsecs: 10,
      stopasgroup: false,
      killasgroup: false,
      user: undefined,
      redirect_stderr: false,
      directory: undefined,
      umask: undefined,
      environment: new Map(),
      serverurl: undefined,
      stdout: {
        logfile: { type: 'AUTO' },
        logfile_maxbytes: 52428800,
        logfile_backups: 10,
        capture_maxbytes: 0,
        events_enabled: false,
        syslog: false,
      },
      stderr: {
        logfile: { type: 'AUTO' },
        logfile_maxbytes: 52428800,
        logfile_backups: 10,
        capture_maxbytes: 0,
        events_enabled: false,
        syslog: false,
      },
    });
  });

  it('kills as a group when it stops as one', () => {
    expect(processOf('stopasgroup=true').killasgroup).toBe(true);
    expect(messagesOf(program('stopasgroup=true', 'killasgroup=false'))).toEqual([
      'supervisord.conf:5: [program:p] killasgroup: "false": Cannot set stopasgroup=true and killasgroup=false',
    ]);
  });

  it('stops and kills as its killmode says', () => {
    const asGroup = { stopasgroup: true, killasgroup: true };
    expect(processOf('killmode=process')).toMatchObject({ stopasgroup: false, killasgroup: false });
    expect(processOf('killmode=Group')).toMatchObject({ killmode: 'group', ...asGroup });
    for (const killmode of ['tree', 'cgroup']) {
      expect(processOf(`killmode=${killmode}`)).toMatchObject({ killmode, ...asGroup });
      expect(processOf(`killmode=${killmode}`, 'stopasgroup=true', 'killasgroup=true')).toMatchObject(
        asGroup,
      );
    }
    expect(messagesOf(program('killmode=mixed'))).toEqual([
      `supervisord.conf:4: [program:p] killmode: "mixed": expected process, group, tree or cgroup, not 'mixed'`,
    ]);
  });

  it('has no killmode that contradicts what else is written', () => {
    expect(messagesOf(program('killmode=process', 'stopasgroup=true'))).toEqual([
      'supervisord.conf:5: [program:p] stopasgroup: "true": Cannot set killmode=process and stopasgroup=true',
    ]);
    expect(messagesOf(program('killmode=tree', 'killasgroup=false'))).toEqual([
      'supervisord.conf:5: [program:p] killasgroup: "false": Cannot set killmode=tree and killasgroup=false',
    ]);
  });

  it('has one process for each number, with the number in names and values', () => {
    const { groups } = settingsOf(
      program(
        'numprocs=2',
        'numprocs_start=9',
        'process_name=p_%(process_num)02d',
        'directory=/%(process_num)d/%(numprocs)d',
      ),
    );
    expect(groups[0]?.processes.map(({ name, directory }) => [name, directory])).toEqual([
      ['p_09', '/9/2'],
      ['p_10', '/10/2'],
    ]);
  });

  it('needs numbers in its names when it has several processes', () => {
    expect(messagesOf(program('numprocs=2'))[0]).toContain(
      '%(process_num) must be present within process_name when numprocs > 1',
    );
  });

  it('is checked for its names after expansion too', () => {
    expect(messagesOf(program('process_name=%(here)s'))[0]).toMatch(
      /Invalid name: '\/.*' because of character: '\/'$/,
    );
    expect(messagesOf(program('numprocs=2', 'process_name=%%(process_num)s'))).toEqual([
      'supervisord.conf:2: [program:p]: [program:p] makes a second process named %(process_num)s in group p',
    ]);
  });

  it('refuses more processes than any machine has', () => {
    expect(messagesOf(program('numprocs=99999999999', 'process_name=%(process_num)d'))).toEqual([
      'supervisord.conf:4: [program:p] numprocs: "99999999999": 99999999999 processes are more than 65536',
    ]);
  });

  it('logs stderr nowhere of its own when it is redirected', () => {
    expect(processOf('redirect_stderr=true', 'stderr_logfile=/tmp/x').stderr.logfile).toEqual({
      type: 'NONE',
    });
    expect(warnings(program('redirect_stderr=true', 'stderr_logfile=/tmp/x'))).toEqual([
      'For [program:p], redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has been ignored',
    ]);
    expect(warnings(program('redirect_stderr=true'))).toEqual([]);
  });

  it('is warned of a log that grows for ever, once for all its processes', () => {
    expect(
      warnings(program('stdout_logfile_maxbytes=0', 'numprocs=2', 'process_name=%(process_num)d')),
    ).toEqual([
      'For [program:p], AUTO logging used for stdout_logfile without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally',
    ]);
  });

  it('expands the name of a log file once', () => {
    expect(processOf('stdout_logfile=/tmp/a%%b').stdout.logfile).toEqual({ type: 'file', path: '/tmp/a%b' });
  });

  it('adds its environment to that of [supervisord], and sees it in other values', () => {
    const config =
      '[supervisord]\nenvironment=A="1",B="2"\n[program:p]\ncommand=%(ENV_A)s%(ENV_B)s\nenvironment=B="3"\n';
    const process = settingsOf(config).groups[0]?.processes[0];
    expect(process?.command).toBe('13');
    expect(process?.environment).toEqual(
      new Map([
        ['A', '1'],
        ['B', '3'],
      ]),
    );
  });

  it('takes AUTO for a server address as none', () => {
    expect(processOf('serverurl= auto ').serverurl).toBeUndefined();
    expect(processOf('serverurl=http://x').serverurl).toBe('http://x');
  });

  it('inherits the keys of [DEFAULT] that it does not have itself', () => {
    const { groups } = settingsOf(`[DEFAULT]\nstartsecs=7\npriority=3\n${program('priority=4')}`);
    expect(groups[0]).toMatchObject({ priority: 4, processes: [{ startsecs: 7, priority: 4 }] });
  });
});

describe('processes of one section', () => {
  const three = (...lines: readonly string[]) =>
    settingsOf(program('numprocs=3', 'process_name=%(process_num)d', ...lines)).groups[0]?.processes ?? [];

  it('share what is the same for all of them', () => {
    const [first, second, third] = three('environment=A="1"', 'stdout_logfile=/var/log/p.log');
    expect(second?.environment).toBe(first?.environment);
    expect(third?.environment).toBe(first?.environment);
    expect(third?.stdout).toBe(first?.stdout);
    expect(third?.stderr).toBe(first?.stderr);
  });

  it('each have what is their own', () => {
    const processes = three('environment=A="%(process_num)d"', 'stdout_logfile=/var/log/%(process_num)d.log');
    expect(processes.map(({ environment }) => environment.get('A'))).toEqual(['0', '1', '2']);
    expect(processes.map(({ stdout }) => stdout.logfile)).toEqual(
      ['0', '1', '2'].map((number) => ({ type: 'file', path: `/var/log/${number}.log` })),
    );
  });
});
