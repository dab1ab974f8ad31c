import { type ConfigCase, program, supervisord } from '../config-case.ts';

interface Row {
  readonly key: string;
  readonly values: readonly string[];
}

const programRows: readonly Row[] = [
  { key: 'autostart', values: ['yes', 'TRUE', 'on', '1', 'no', 'False', 'off', '0', '', '2', 'y', "it's"] },
  {
    key: 'startsecs',
    values: [
      '0',
      '-1',
      '+5',
      '010',
      '1_000',
      '1__0',
      '_1',
      '1_',
      ' 7 ',
      '١٢',
      '１２',
      '5s',
      '1.5',
      '0x10',
      '',
      '1e3',
      '--1',
    ],
  },
  {
    key: 'stdout_logfile_maxbytes',
    values: ['0', '100', '1KB', '1 KB', '2mb', '3Gb', '-1MB', '50M', '1.5MB', 'KB', '1_0kb', 'x', '5 0MB'],
  },
  {
    key: 'umask',
    values: ['022', '0o22', '0O22', '22', '0', '8', '0x1', '', '-1', '0_22', '0o_22', 'rwx', ' 07 '],
  },
  {
    key: 'stopsignal',
    values: [
      'TERM',
      'term',
      'SIGTERM',
      'sigusr1',
      '15',
      ' HUP ',
      '0',
      '1',
      'CLD',
      'IOT',
      'POLL',
      'RTMIN',
      'RTMAX',
      '34',
      '64',
      '35',
      '63',
      '65',
      '-1',
      'NOPE',
      '',
      'STKFLT',
      'PWR',
      'SYS',
      'SIG',
      '1_5',
    ],
  },
  {
    key: 'exitcodes',
    values: ['0', '0,2', ' 0 , 255 ', '0,0', '', '256', '-1', '0,', ',', 'x', '0;1', '1_0'],
  },
  { key: 'autorestart', values: ['true', 'FALSE', 'unexpected', 'Unexpected', '1', '0', 'always', ''] },
  {
    key: 'stdout_logfile',
    values: [
      'AUTO',
      'auto',
      'NONE',
      'none',
      'OFF',
      'syslog',
      '',
      '/dev/null',
      'bare.log',
      '{dir}/x',
      '{dir}/no/x',
      '"/tmp/x"',
      '~/x',
      '~nobodyhere/x',
      '/',
      'NONE.log',
    ],
  },
  { key: 'user', values: ['root', '0', 'nosuchuser', '99999', '-1', '', 'daemon', '0_0'] },
  { key: 'process_name', values: ['x', ' x ', 'a b', 'a:b', 'a/b', '*', 'a,b', 'é', 'all', '"q"'] },
  { key: 'serverurl', values: ['AUTO', 'auto', ' Auto ', 'http://x:1', '', 'unix:///x'] },
  { key: 'directory', values: ['/tmp', '~/x', 'relative', '', '/no/such'] },
  { key: 'killasgroup', values: ['true', 'false', 'maybe'] },
  { key: 'command', values: ['', '/bin/cat "x', 'a\\', '  /bin/true  '] },
  { key: 'numprocs', values: ['0', '-3', '1', '2', 'x'] },
];

const supervisordRows: readonly Row[] = [
  {
    key: 'loglevel',
    values: ['critical', 'ERROR', 'Warn', 'info', 'debug', 'trace', 'blather', 'warning', '20', '', "o'x"],
  },
  {
    key: 'logfile',
    values: ['syslog', 'AUTO', 'NONE', 'x.log', '{dir}/no/x', '/dev/stdout', '~/x', '{dir}/../x', ''],
  },
  { key: 'pidfile', values: ['x.pid', '{dir}/no/x', '{dir}//x'] },
  { key: 'directory', values: ['/tmp', '/no/such', '', '.', '/etc/passwd'] },
  { key: 'childlogdir', values: ['/tmp', '/no/such', '{dir}', '~'] },
  { key: 'logfile_maxbytes', values: ['1MB', '0', 'x'] },
  { key: 'logfile_backups', values: ['0', 'x'] },
  { key: 'umask', values: ['077', '9'] },
  { key: 'user', values: ['root', '0', 'nosuchuser', '99999', ''] },
  { key: 'nodaemon', values: ['true', 'x'] },
  { key: 'silent', values: ['true', 'x'] },
  { key: 'nocleanup', values: ['true'] },
  { key: 'strip_ansi', values: ['true'] },
  { key: 'minfds', values: ['1', '', '99999999999'] },
  { key: 'minprocs', values: ['1', '1e3'] },
];

const inetRow: Row = {
  key: 'port',
  values: [
    '9001',
    ':9001',
    '*:9001',
    'LOCALHOST:9001',
    'a:',
    'a',
    '0',
    '65536',
    'h:abc',
    'h:0',
    'h:70000',
    '[::1]:80',
    '1.2.3.4:5',
    '',
    'a:b:80',
    ' 9001 ',
    '-1',
    "it's",
    '::80',
  ],
};

/** Where we do otherwise, by `key=value`. */
const differences = new Map<string, NonNullable<ConfigCase['differs']>>([
  ['stdout_logfile=', { why: 'no log file is always called none', ours: 'ok' }],
]);

function casesOf(section: string, rows: readonly Row[], config: (line: string) => string): ConfigCase[] {
  return rows.flatMap(({ key, values }) =>
    values.map((value) => {
      const line = `${key}=${value}`;
      const differs = differences.get(line);
      return { name: `[${section}] ${line}`, config: config(line), ...(differs && { differs }) };
    }),
  );
}

const inet = (line: string) => `[inet_http_server]\n${line}\n[supervisord]\n`;

export const valueCases: readonly ConfigCase[] = [
  ...casesOf('program:p', programRows, (line) => program(line)),
  ...casesOf('supervisord', supervisordRows, (line) => supervisord(line)),
  ...casesOf('inet_http_server', [inetRow], inet),
];
