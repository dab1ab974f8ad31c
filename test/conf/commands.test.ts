import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { checkReport } from '../../conf/check.ts';
import { parseDocument } from '../../conf/dialect.ts';
import { sampleConfiguration } from '../../conf/echo.ts';
import { sectionKinds } from '../../conf/keys/sections.ts';
import { loadSettings } from '../../conf/load.ts';
import { findConfigFile, noConfigFileMessage, searchPaths } from '../../conf/search.ts';
import { loadSupervisorctlSettings } from '../../conf/supervisorctl.ts';
import { contextIn, settingsOf, TemporaryFiles } from './support.ts';

describe('the search for a file', () => {
  it('begins beside the executable', () => {
    expect(searchPaths('/usr/bin/supervisord')).toEqual([
      '/usr/etc/supervisord.conf',
      '/usr/supervisord.conf',
      'supervisord.conf',
      'etc/supervisord.conf',
      '/etc/supervisord.conf',
      '/etc/supervisor/supervisord.conf',
    ]);
    expect(searchPaths('supervisord').slice(0, 2)).toEqual(['etc/supervisord.conf', 'supervisord.conf']);
    expect(searchPaths('bin/supervisord').slice(0, 2)).toEqual(['etc/supervisord.conf', 'supervisord.conf']);
    expect(searchPaths('/supervisord').slice(0, 2)).toEqual(['/etc/supervisord.conf', '/supervisord.conf']);
  });

  it('ends at the first that exists', () => {
    expect(findConfigFile(['a', 'b', 'c'], (path) => path > 'a')).toBe('b');
    expect(findConfigFile(['/no/such'])).toBeUndefined();
    expect(noConfigFileMessage(['a', 'b'])).toBe(
      'No config file found at default paths (a, b); use the -c option to specify a config file at a different path',
    );
  });
});

describe('conf/supervisord.conf', () => {
  it('gives no warning with everything switched on that it only mentions', () => {
    const text = readFileSync('conf/supervisord.conf', 'utf8').replaceAll(/^;(?=\S)/gm, '');
    using files = new TemporaryFiles({
      'conf/supervisord.conf': text,
      'var/log/.keep': '',
      'var/run/.keep': '',
      'var/password': 'secret\n',
    });
    chmodSync(join(files.directory, 'var/password'), 0o600);
    expect(text).toMatch(/^strict = true$/m);
    expect(text).toMatch(/^\[inet_http_server\]$/m);
    const result = loadSettings('conf/supervisord.conf', contextIn(files.directory));
    expect(result).toMatchObject({
      type: 'ok',
      settings: { httpServers: [{ type: 'inet' }, { type: 'unix' }] },
    });
  });
});

describe('[supervisorctl]', () => {
  const load = (config: string) => {
    using files = new TemporaryFiles({ 'supervisord.conf': config });
    return loadSupervisorctlSettings('supervisord.conf', contextIn(files.directory));
  };
  const text = (config: string) => {
    const result = load(config);
    return result.type === 'ok' ? 'ok' : result.errors[0].text;
  };

  it('has defaults without a file and without keys', () => {
    const settings = {
      serverurl: 'http://localhost:9001',
      username: undefined,
      password: undefined,
      prompt: 'supervisor',
      history_file: undefined,
      timezone: undefined,
      plugins: [],
    };
    expect(loadSupervisorctlSettings(undefined, contextIn('/'))).toEqual({ type: 'ok', settings });
    expect(load('[supervisorctl]\n')).toEqual({ type: 'ok', settings });
  });

  it('makes paths absolute and expands values', () => {
    expect(
      load(
        '[supervisorctl]\nserverurl=unix://~/s\nhistory_file=~/h\nprompt=%(ENV_HOME)s\nusername=a\npassword=b\n',
      ),
    ).toEqual({
      type: 'ok',
      settings: {
        serverurl: 'unix:///root/s',
        username: 'a',
        password: 'b',
        prompt: '/root',
        history_file: '/root/h',
        timezone: undefined,
        plugins: [],
      },
    });
  });

  it('comes with the time zone of [scheduler], of which nothing is checked', () => {
    const zone = (lines: string) => {
      const result = load(`[supervisorctl]\n[scheduler]\n${lines}\n`);
      return result.type === 'ok' ? result.settings.timezone : result;
    };
    expect(zone('timezone=Europe/Berlin\nmax_runs=none')).toBe('Europe/Berlin');
    expect(zone('timezone=Mars/Phobos')).toBe('Mars/Phobos');
    expect(zone('timezone=%(nothing)s')).toBeUndefined();
  });

  it('is in the main file, and says what is wrong as usage errors', () => {
    expect(text('[supervisord]\n')).toBe('.ini file does not include supervisorctl section');
    expect(text('[supervisorctl]\njunk\n')).toMatch(
      /^Source contains parsing errors: '.*'\n\t\[line {2}2\]: 'junk\\n'$/,
    );
    expect(text('[supervisorctl]\nprompt=%(x)s\n')).toMatch(
      /^Format string '%\(x\)s' for 'supervisorctl.prompt' contains names \('x'\)/,
    );
    expect(text('[supervisorctl]\n[ctlplugin:x]\n')).toBe(
      'section [ctlplugin:x] does not specify a supervisor.ctl_factory',
    );
    expect(text('[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory=a:b\nkey=%(x)s\n')).toMatch(
      /^Format string '%\(x\)s' for 'ctlplugin:x.key' contains names \('x'\)/,
    );
    expect(loadSupervisorctlSettings('/no/such', contextIn('/'))).toMatchObject({
      errors: [{ text: 'could not find config file /no/such' }],
    });
  });
});

describe('[ctlplugin:x]', () => {
  it('is a factory, and options for it', () => {
    using files = new TemporaryFiles({
      'supervisord.conf': `[supervisorctl]
[ctlplugin:b]
supervisor.ctl_factory = ./b.mjs:make
Where = %(here)s/b
[ctlplugin:a]
supervisor.ctl_factory = package.module:make
`,
    });
    const { directory } = files;
    expect(loadSupervisorctlSettings('supervisord.conf', contextIn(directory))).toMatchObject({
      settings: {
        plugins: [
          {
            name: 'b',
            factory: './b.mjs:make',
            here: directory,
            options: new Map([['where', `${directory}/b`]]),
          },
          { name: 'a', factory: 'package.module:make', options: new Map() },
        ],
      },
    });
  });
});

describe('the sample configuration', () => {
  const sample = sampleConfiguration();

  it('begins with the line that scripts look for', () => {
    expect(sample).toMatch(/^; Sample supervisor config file\.\n/);
  });

  it('loads without a warning and runs nothing', () => {
    expect(settingsOf(sample)).toMatchObject({
      groups: [],
      notices: [],
      httpServers: [{ type: 'unix', file: '/tmp/supervisor.sock' }],
      rpcInterfaces: [{ namespace: 'supervisor' }],
    });
  });

  it('has every section and every key', () => {
    const uncommented = sample.replace(/^;(?=\[|[a-z_.]+=)/gm, '');
    const { document, problems } = parseDocument(uncommented, '/s.conf');
    expect(problems).toEqual([]);
    for (const { name, keys } of sectionKinds) {
      const section = [...document.sections.values()].find(
        (candidate) => candidate.name.split(':')[0] === name,
      );
      const shared =
        name === 'eventlistener' || name === 'fcgi-program' || name === 'schedule'
          ? sectionKinds.find((kind) => kind.name === 'program')
          : undefined;
      const expected = Object.keys(keys).filter(
        (key) => shared === undefined || key === 'command' || keys[key] !== shared.keys[key],
      );
      expect([...(section?.values.keys() ?? [])].sort()).toEqual(expected.sort());
    }
  });

  it('shows the default of each key that is switched off and has one', () => {
    let shown = 0;
    for (const section of sample.split(/^;?\[/m).slice(1)) {
      const kind = sectionKinds.find(({ name }) => section.startsWith(name));
      for (const [, key = '', value] of section.matchAll(/^;([a-z_.]+)=(.*)$/gm)) {
        const standard = kind?.keys[key]?.default;
        if (standard === undefined || standard === '') continue;
        expect([key, value]).toEqual([key, standard]);
        shown += 1;
      }
    }
    expect(shown).toBeGreaterThan(30);
  });

  it('is valid with everything in it switched on, but for what only the reader can know', () => {
    const on = sample
      .replace(/^;(?=\[|[a-z_.]+=)/gm, '')
      .replace(/\[(?:group|schedule|trigger):.*\n(?:.*\n)*?(?=\n)/g, '')
      .replace(/^cron_on_success=.*$/gm, '')
      .replace(/^(chown|socket_owner|user)=.*$/gm, '$1=root')
      .replace(/^(socket)=tcp:.*$/gm, '$1=unix:///tmp/x')
      .replace(/^files=.*$/gm, 'files=')
      .replace(/^password_file=.*$/gm, '');
    expect(settingsOf(on).groups.map(({ type }) => type)).toEqual([
      'eventlistener',
      'fcgi-program',
      'program',
    ]);
  });

  it('is what the command prints', () => {
    const main = join(import.meta.dirname, '../../conf/echo-main.ts');
    expect(execFileSync(process.execPath, [main], { env: { PATH: process.env['PATH'] } }).toString()).toBe(
      sample,
    );
  });
});

describe('the report of --check', () => {
  it('says what would run, and what is odd', () => {
    const report = checkReport(
      settingsOf(`[supervisord]\n[inet_http_server]\nport=9001\n[program:web]\ncommand=/bin/web\n  --port 1\nuser=web
directory=/srv\nautostart=false\nstdout_logfile=/tmp/x\nredirect_stderr=true\nnonsense=1\n`),
    );
    expect(report).toContain(': ok, 1 group, 1 process\n');
    expect(report).toContain('\nserver: *:9001 (no authentication)\n');
    expect(report).toContain(`
web:web
  command: /bin/web --port 1
  autostart: no, autorestart: unexpected, priority: 999
  user: web
  directory: /srv
  stdout: /tmp/x, 52428800 bytes, 10 backups
  stderr: to stdout
`);
    expect(report).toMatch(/\nwarn: .*supervisord\.conf:12: \[program:web\] nonsense: unknown key\n$/);
  });
});

describe('published files', () => {
  const fixture = (name: string) =>
    readFileSync(join(import.meta.dirname, '../fixtures/config', name), 'utf8');
  const valuesOf = (name: string, section: string) => {
    const { document, problems } = parseDocument(fixture(name), '/s.conf');
    expect(problems).toEqual([]);
    return Object.fromEntries(
      [...(document.sections.get(section)?.values ?? [])].map(([key, { value }]) => [key, value]),
    );
  };

  it('with hash comments in Chinese read as they do in supervisord', () => {
    expect(valuesOf('deploy-linux.ini', 'program:DeployLinux')).toEqual({
      command: 'dotnet DeployLinux.dll',
      directory: '/home/publish',
      environment: 'ASPNETCORE__ENVIRONMENT=Production',
      user: 'root',
      stopsignal: 'INT',
      autostart: 'true',
      autorestart: 'true',
      startsecs: '3',
      stderr_logfile: '/var/log/ossoffical.err.log',
      stdout_logfile: '/var/log/ossoffical.out.log',
    });
  });

  it('with comments that no blank precedes keep them in the value', () => {
    expect(valuesOf('capital-balance.ini', 'program:capital-balance')).toMatchObject({
      command: '/bin/bash -c ‘./yii 执行的命令’',
      startretries: '3;进程从STARING状态转换到RUNNING状态program所需要保持运行的时间（单位：秒）',
      process_name: '%(program_name)s_%(process_num)002d',
      stdout_logfile_maxbytes:
        '10MB;stdout_logfile指定日志文件最大字节数，默认为50MB，可以加KB、MB或GB等单位',
    });
  });
});
