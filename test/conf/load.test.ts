import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadSettings } from '../../conf/load.ts';
import { contextIn, load, messagesOf, settingsOf, TemporaryFiles } from './support.ts';

const program = (...lines: readonly string[]) =>
  `[supervisord]\n[program:p]\ncommand=x\n${lines.join('\n')}\n`;

describe('errors', () => {
  it('are all reported at once, each with its place', () => {
    const config = `[supervisord]
minfds=many
environment=A
[program:p]
command=x
startsecs = 1s ; a second
  later
stopsignal=NOPE
[program:q]
[inet_http_server]
`;
    expect(messagesOf(config)).toEqual([
      `supervisord.conf:2: [supervisord] minfds: "many": invalid literal for int() with base 10: 'many'`,
      `supervisord.conf:3: [supervisord] environment: "A": Unexpected end of key/value pairs in value 'A'`,
      String.raw`supervisord.conf:6: [program:p] startsecs: "1s\nlater": invalid literal for int() with base 10: '1s\nlater'`,
      `supervisord.conf:8: [program:p] stopsignal: "NOPE": value 'NOPE' is not a valid signal name`,
      'supervisord.conf:9: [program:q] command: program section program:q does not specify a command',
      'supervisord.conf:10: [inet_http_server] port: section [inet_http_server] has no port value',
    ]);
  });

  it("carry supervisord's text, with the section and its file where that has them", () => {
    using files = new TemporaryFiles({ 'supervisord.conf': program('startsecs=x'), 'a.conf': '' });
    const result = files.load();
    expect(result).toMatchObject({
      type: 'invalid',
      errors: [
        {
          text: `invalid literal for int() with base 10: 'x' in section 'program:p' (file: '${files.directory}/supervisord.conf')`,
          line: 4,
          section: 'program:p',
          key: 'startsecs',
        },
      ],
    });
  });

  it('of a value that several processes share are reported once', () => {
    expect(
      messagesOf(program('numprocs=3', 'process_name=%(process_num)d', 'stdout_logfile=/no/such/x')),
    ).toHaveLength(1);
    expect(messagesOf(program('priority=x'))).toHaveLength(1);
    // The first of the two that supervisord would have come upon, which does not name the file.
    expect(load(program('priority=x'))).toMatchObject({
      errors: [{ text: "invalid literal for int() with base 10: 'x'" }],
    });
  });

  it('in the lines of all files come before any other', () => {
    const config = '[supervisord]\nminfds=x\njunk\n[include]\nfiles=*.ini\n';
    expect(messagesOf(config, { 'a.ini': 'x=1\n', 'b.ini': '[a]\nbad\n' })).toEqual([
      'supervisord.conf:3: "junk": neither a [section] header nor key=value',
      'a.ini:1: "x=1": text before any [section] header',
      'b.ini:2: "bad": neither a [section] header nor key=value',
    ]);
  });

  it('tell a missing file from one that cannot be read', () => {
    expect(loadSettings('/no/such.conf', contextIn('/'))).toMatchObject({
      errors: [{ text: 'could not find config file /no/such.conf' }],
    });
    expect(loadSettings('/tmp', contextIn('/'))).toMatchObject({
      errors: [{ text: 'could not read config file /tmp' }],
    });
  });

  it('give the position of bytes that are not UTF-8', () => {
    expect(load(Buffer.from('[supervisord]\nx=\xff\n', 'latin1'))).toMatchObject({
      errors: [{ line: 2, text: "'utf-8' codec can't decode byte 0xff in position 16: invalid start byte" }],
    });
  });

  it('include a missing [supervisord]', () => {
    expect(messagesOf('[program:p]\ncommand=x\n')).toEqual([
      'supervisord.conf: .ini file does not include supervisord section',
    ]);
  });
});

describe('here', () => {
  it('is the directory of the file that contributed the value, also without an escape going wrong', () => {
    const { groups } = settingsOf(
      '[supervisord]\n[program:p]\ncommand=%%(here)s\n[include]\nfiles=d/*.ini\n',
      {
        'd/a.ini': '[program:p]\ndirectory=%(here)s\n[program:q]\ncommand=%(here)s\n',
      },
    );
    expect(groups[0]?.processes[0]).toMatchObject({
      command: '%(here)s',
      directory: expect.stringMatching(/\/d$/),
    });
    expect(groups[1]?.processes[0]).toMatchObject({ command: expect.stringMatching(/\/d$/) });
  });

  it('may contain a percent sign', () => {
    const { groups } = settingsOf('[supervisord]\n[include]\nfiles=*/a.ini\n', {
      '100%s/a.ini': '[program:p]\ncommand=%(here)s\n',
    });
    expect(groups[0]?.processes[0]?.command).toMatch(/100%s$/);
  });

  it('is known to servers too', () => {
    expect(
      settingsOf('[supervisord]\n[inet_http_server]\nport=1\nusername=%(here)s\npassword=x\n').httpServers,
    ).toHaveLength(1);
  });
});

describe('[supervisord]', () => {
  it('has these settings by default, with paths made absolute', () => {
    using files = new TemporaryFiles({ 'supervisord.conf': '[supervisord]\n' });
    const result = files.load();
    expect(result).toMatchObject({
      type: 'ok',
      settings: {
        file: `${files.directory}/supervisord.conf`,
        supervisord: {
          logfile: `${files.directory}/supervisord.log`,
          logfile_maxbytes: 52428800,
          logfile_backups: 10,
          loglevel: 'info',
          pidfile: `${files.directory}/supervisord.pid`,
          umask: 0o22,
          nodaemon: false,
          silent: false,
          minfds: 1024,
          minprocs: 200,
          nocleanup: false,
          childlogdir: '/tmp',
          user: undefined,
          directory: undefined,
          strip_ansi: false,
          environment: new Map(),
          identifier: 'supervisor',
        },
        httpServers: [],
        rpcInterfaces: [],
        groups: [],
        notices: [],
      },
    });
  });

  it('resolves its user last, and not if the command line names one', () => {
    const config = '[supervisord]\nuser=nobody\n[program:p]\n';
    expect(messagesOf(config)).toEqual([
      'supervisord.conf:3: [program:p] command: program section program:p does not specify a command',
      'supervisord.conf:2: [supervisord] user: "nobody": Invalid user name nobody',
    ]);
    using files = new TemporaryFiles({ 'supervisord.conf': '[supervisord]\nuser=nobody\n' });
    const context = { ...contextIn(files.directory), overridden: new Set(['user']) };
    expect(loadSettings('supervisord.conf', context).type).toBe('ok');
  });
});

describe('servers', () => {
  const serversOf = (...lines: readonly string[]) =>
    settingsOf(`[supervisord]\n${lines.join('\n')}\n`).httpServers;

  it('come by kind, each in file order', () => {
    const lines = [
      '[unix_http_server]',
      'file=/s',
      '[inet_http_server:b]',
      'port=2',
      '[inet_http_server]',
      'port=H:1',
    ];
    expect(serversOf(...lines)).toEqual([
      { type: 'inet', section: 'inet_http_server:b', host: '', port: 2, credentials: undefined },
      { type: 'inet', section: 'inet_http_server', host: 'h', port: 1, credentials: undefined },
      {
        type: 'unix',
        section: 'unix_http_server',
        file: '/s',
        chmod: 0o700,
        chown: { uid: undefined, gid: undefined },
        credentials: undefined,
      },
    ]);
  });

  it('need both a name and a password, or neither; both empty is neither', () => {
    const inet = ['[inet_http_server]', 'port=1'];
    expect(serversOf(...inet, 'username=a', 'password=b')[0]?.credentials).toEqual({
      username: 'a',
      password: { type: 'plain', text: 'b' },
    });
    expect(serversOf(...inet, 'username=', 'password=')[0]?.credentials).toBeUndefined();
    expect(serversOf(...inet, 'username=', 'password=b')[0]?.credentials).toEqual({
      username: '',
      password: { type: 'plain', text: 'b' },
    });
    expect(messagesOf('[supervisord]\n[inet_http_server]\nport=1\nusername=a\n')).toEqual([
      'supervisord.conf:2: [inet_http_server]: Section [inet_http_server] contains incomplete authentication: If a username or a password is specified, both the username and password must be specified',
    ]);
  });
});

it('knows variables by their names alone, whatever these are', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const pairs = names.map((name) => `${name}="1"`).join(',');
  const { supervisord, groups } = settingsOf(
    `[supervisord]\nenvironment=${pairs}\n[program:p]\ncommand=%(ENV___proto__)s\nprocess_name=constructor\n`,
  );
  expect([...supervisord.environment.keys()].sort()).toEqual(names.sort());
  expect(groups[0]?.processes).toMatchObject([{ name: 'constructor', command: '1' }]);
  expect([...(groups[0]?.processes[0]?.environment.keys() ?? [])]).toContain('__proto__');
});

it('loads or refuses any text, and never throws', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '[supervisord]',
      '[program:a]',
      '[group:g]',
      '[eventlistener:l]',
      '[fcgi-program:f]',
      '[inet_http_server]',
      '[unix_http_server]',
      '[rpcinterface:supervisor]',
      '[DEFAULT]',
      '[program:__proto__]',
      'command=x',
      'programs=a,__proto__',
      'numprocs=%(ENV_N)s',
    ),
    fc
      .tuple(
        fc.constantFrom(
          'numprocs',
          'process_name',
          'environment',
          'stdout_logfile',
          'priority',
          'events',
          'socket',
          'port',
          'user',
          'umask',
          'stopsignal',
          'exitcodes',
          'chown',
          'file',
          'files',
          '__proto__',
        ),
        fc.oneof(
          fc.string(),
          fc.constantFrom(
            '1',
            '-1',
            '%(process_num)s',
            '%(here)s',
            '%',
            '99999999999999999999',
            '\0',
            'tcp://a:1',
            'A="1"',
          ),
        ),
      )
      .map(([key, value]) => `${key}=${value}`),
    fc.string(),
  );
  using files = new TemporaryFiles({});
  const context = contextIn(files.directory, { N: '3' });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.uint8Array({ maxLength: 20 }), (lines, bytes) => {
      using file = new TemporaryFiles({
        'supervisord.conf': Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), bytes]),
      });
      const result = loadSettings(`${file.directory}/supervisord.conf`, context);
      if (result.type === 'invalid')
        for (const { message } of result.errors) expect(message).not.toMatch(/[\r\n]/);
    }),
    { numRuns: 300 },
  );
});
