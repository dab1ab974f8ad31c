/** Methods that tell: about the daemon, about methods, processes and their configuration, and logs. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Encodable } from '../../../rpc/xmlrpc.ts';
import type { Daemon } from '../../support/daemons.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call, callForStatuses, differs } from '../steps/calls.ts';
import { compareDaemons, ExpectedFault, type Step } from '../steps/compare-daemons.ts';
import { waitForState } from '../steps/process-info.ts';
import { program, programSection } from '../steps/programs.ts';

const prints = program('prints-and-stays');

// No log here may be a device: clearing the logs, supervisord would delete it.
const configuration = [
  programSection('digits', `command=${prints} 0123456789 abcdefghij`, 'startsecs=0'),
  programSection('nolog', `command=${prints} x y`, 'stdout_logfile=NONE', 'stderr_logfile=NONE'),
  programSection('merged', `command=${prints} out err`, 'redirect_stderr=true', 'startsecs=0'),
  programSection('utf8', `command=${prints} "gr\\\\303\\\\274n" ""`, 'startsecs=0'),
  programSection('bytes', `command=${prints} "a\\\\377b" ""`, 'startsecs=0'),
  programSection('relative', `command=${prints} r r`, 'autostart=false', 'stdout_logfile=relative.log'),
  programSection(
    'full',
    `command=${prints} "%%s" ""`,
    'autostart=false',
    'autorestart=unexpected',
    'directory=/tmp',
    'user=root',
    'exitcodes=0,3,5',
    'priority=7',
    'startsecs=3',
    'startretries=4',
    'stopsignal=QUIT',
    'stopwaitsecs=5',
    'stopasgroup=true',
    'killasgroup=true',
    'umask=027',
    'environment=A="1",B="2"',
    'serverurl=http://127.0.0.1:7',
    'stdout_logfile=%(here)s/full.log',
    'stdout_logfile_maxbytes=2MB',
    'stdout_logfile_backups=2',
    'stdout_capture_maxbytes=4KB',
    'stdout_events_enabled=true',
    'stderr_logfile=NONE',
    'stderr_logfile_maxbytes=0',
    'stderr_logfile_backups=0',
    'stderr_capture_maxbytes=1',
    'stderr_events_enabled=true',
  ),
  programSection(
    'n',
    'command=/bin/cat',
    'process_name=n_%(process_num)d',
    'numprocs=2',
    'numprocs_start=1',
    'autostart=false',
  ),
  programSection('in-a', 'command=/bin/cat', 'autostart=false', 'priority=3'),
  programSection('in-b', 'command=/bin/cat', 'autostart=false'),
  '[group:g]\nprograms=in-b,in-a\npriority=12\n',
].join('');

async function waitForLog(daemon: Daemon, name: string, text: string): Promise<void> {
  await waitFor(
    async () => {
      const tail = (await daemon.rpc('supervisor.tailProcessStdoutLog', name, 0, 100)) as readonly unknown[];
      return String(tail[0]).includes(text);
    },
    { what: `the log of ${name}` },
  );
}

const methods = (
  'addProcessGroup clearAllProcessLogs clearLog clearProcessLog clearProcessLogs getAPIVersion ' +
  'getAllConfigInfo getAllProcessInfo getIdentification getPID getProcessInfo getState ' +
  'getSupervisorVersion getVersion readLog readMainLog readProcessLog readProcessStderrLog ' +
  'readProcessStdoutLog reloadConfig removeProcessGroup restart sendProcessStdin ' +
  'shutdown signalAllProcesses signalProcess signalProcessGroup startAllProcesses ' +
  'startProcess startProcessGroup stopAllProcesses stopProcess stopProcessGroup tailProcessLog ' +
  'tailProcessStderrLog tailProcessStdoutLog'
)
  .split(' ')
  .map((name) => `supervisor.${name}`);
const systemMethods = ['listMethods', 'methodHelp', 'methodSignature', 'multicall'].map((n) => `system.${n}`);

const signatures = [...methods, ...systemMethods, 'supervisor.nosuch', 'nosuch', '', 'system.'].map((name) =>
  call('system.methodSignature', name),
);

/** Six arguments are too many for all of them. */
const tooMany = [...methods, ...systemMethods].map((name) => call(name, 1, 2, 3, 4, 5, 6));
const tooFew = (
  [
    ['supervisor.startProcess'],
    ['supervisor.stopProcessGroup'],
    ['supervisor.readLog'],
    ['supervisor.readLog', 0],
    ['supervisor.signalProcess', 'digits'],
    ['supervisor.sendProcessStdin', 'digits'],
    ['supervisor.readProcessLog', 'digits', 0],
    ['supervisor.tailProcessLog', 'digits'],
    ['supervisor.getProcessInfo'],
    ['system.methodSignature'],
    ['system.multicall'],
  ] as const
).map(([method, ...params]) => call(method, ...params));

const unknown = [
  'nosuch',
  'supervisor',
  'supervisor.',
  'supervisor.nosuch',
  'nosuch.getState',
  'supervisor.a.b',
];
const reserved = ['supervisor.__init__', 'supervisor._update', 'supervisor.supervisord', 'system._x', ''];

const numbers: readonly (readonly [Encodable, Encodable])[] = [
  [0, 0],
  [0, 4],
  [4, 0],
  [4, 3],
  [4, 30],
  [10, 0],
  [11, 0],
  [50, 5],
  [0, -1],
  [-4, 0],
  [-40, 0],
  [-4, 2],
  [-1, -1],
  ['2', '3'],
  [' 2 ', 3],
  [true, 2],
];
const tails: readonly (readonly [Encodable, Encodable])[] = [
  [0, 10],
  [0, 20],
  [0, 5],
  [5, 2],
  [5, 5],
  [5, 10],
  [2, 8],
  [0, 0],
  [10, 5],
  [11, 0],
  [20, 5],
  [-5, 5],
  [0, -5],
  [-5, -5],
  ['0', '5'],
];

const reads = ['Stdout', 'Stderr'].flatMap((channel) => [
  ...numbers.map(([offset, length]) => call(`supervisor.readProcess${channel}Log`, 'digits', offset, length)),
  ...tails.map(([offset, length]) => call(`supervisor.tailProcess${channel}Log`, 'digits', offset, length)),
  ...['nolog', 'merged', 'relative', 'g:in-a'].flatMap((name) => [
    call(`supervisor.readProcess${channel}Log`, name, 0, 0),
    call(`supervisor.tailProcess${channel}Log`, name, 0, 10),
  ]),
]);

const fault2 = new ExpectedFault(2, 'INCORRECT_PARAMETERS');

const noNumbers: readonly Step[] = [
  call('supervisor.readProcessLog', 'digits', 'x', 0),
  call('supervisor.readLog', '', 0),
].map((step) => differs(step, 'supervisord answers HTTP status 500', new ExpectedFault(3, 'BAD_ARGUMENTS')));

compareDaemons('XML-RPC methods that tell', {
  configuration,
  supervisord: 'identifier=a name',
  steps: [
    {
      name: 'the programs are up',
      async run(daemon) {
        await waitForLog(daemon, 'digits', '9');
        await waitForLog(daemon, 'merged', 'err');
        await waitForLog(daemon, 'utf8', 'n');
        await waitForState(daemon, 'nolog', 'RUNNING');
      },
    },
    call('supervisor.getAPIVersion'),
    call('supervisor.getVersion'),
    differs(call('supervisor.getSupervisorVersion'), 'the version it behaves as', '4.4.0'),
    call('supervisor.getIdentification'),
    call('supervisor.getState'),
    {
      name: 'supervisor.getPID()',
      run: async (daemon) => (await daemon.rpc('supervisor.getPID')) === daemon.pid,
    },
    ...signatures,
    ...tooMany,
    ...tooFew,
    ...[...unknown, ...reserved].map((name) => call(name)),
    {
      name: 'methodHelp has something to say on each method',
      async run(daemon) {
        const texts = await Promise.all(methods.map((method) => daemon.rpc('system.methodHelp', method)));
        return texts.map((text) => String(text).length > 0);
      },
    },
    call('system.methodHelp', 'nosuch'),
    {
      name: 'system.listMethods(), but for what is new',
      async run(daemon) {
        const names = (await daemon.rpc('system.listMethods')) as readonly string[];
        return names.filter((name) => !/^(monitor|scheduler)\./.test(name));
      },
    },
    call('supervisor.getProcessInfo', 'digits'),
    call('supervisor.getProcessInfo', 'digits:digits'),
    call('supervisor.getProcessInfo', 'full'),
    call('supervisor.getProcessInfo', 'g:in-b'),
    call('supervisor.getAllProcessInfo'),
    {
      name: 'supervisor.getAllConfigInfo(), but for autorestart',
      async run(daemon) {
        const all = (await daemon.rpc('supervisor.getAllConfigInfo')) as readonly ReadonlyMap<
          string,
          unknown
        >[];
        return all.map((info) => [...info].filter(([name]) => name !== 'autorestart'));
      },
    },
    ...reads,
    ...noNumbers,
    call('supervisor.readProcessLog', 'digits', 0, 3),
    call('supervisor.tailProcessLog', 'digits', 0, 3),
    call('supervisor.readProcessLog', 'utf8', 0, 0),
    differs(
      call('supervisor.readProcessLog', 'utf8', 3, 0),
      'supervisord answers HTTP status 500 where half a character is cut off',
      '\ufffdn',
    ),
    differs(
      call('supervisor.readProcessLog', 'bytes', 0, 0),
      'supervisord answers HTTP status 500',
      'a\ufffdb',
    ),
    {
      name: 'supervisor.readLog(0, 28)',
      // Which record comes first depends on who runs the daemon.
      run: async (daemon) =>
        String(await daemon.rpc('supervisor.readLog', 0, 28))
          .replaceAll(/\d/g, 'N')
          .replace(/[A-Z]{4}$/, 'LEVL'),
    },
    call('supervisor.readLog', 0, -1),
    call('supervisor.readLog', -5, 1),
    call('supervisor.readLog', 10_000_000, 0),
    call('supervisor.clearProcessLogs', 'digits'),
    call('supervisor.readProcessLog', 'digits', 0, 0),
    call('supervisor.readProcessStderrLog', 'digits', 0, 0),
    call('supervisor.clearProcessLog', 'nolog'),
    call('supervisor.clearProcessLogs', 'relative'),
    callForStatuses('supervisor.clearAllProcessLogs'),
    {
      name: 'a log that somebody has removed',
      async run(daemon) {
        const { rpc } = { rpc: daemon.rpc.bind(daemon) };
        const info = (await rpc('supervisor.getProcessInfo', 'merged')) as ReadonlyMap<string, unknown>;
        rmSync(String(info.get('stdout_logfile')));
        const tail = await rpc('supervisor.tailProcessLog', 'merged', 3, 10);
        return [
          tail,
          await rpc('supervisor.readProcessLog', 'merged', 0, 0).catch((error: unknown) =>
            String(error).replace(/-\w{8}\.log/, ''),
          ),
        ];
      },
    },
    {
      name: 'supervisor.clearLog()',
      async run(daemon) {
        const answer = await daemon.rpc('supervisor.clearLog');
        return [answer, String(await daemon.rpc('supervisor.readMainLog', 0, 0)).slice(24)];
      },
    },
    {
      name: 'a main log that somebody has removed',
      async run(daemon) {
        rmSync(join(daemon.dir, 'supervisord.log'));
        const answers = [];
        for (const [method, ...params] of [['supervisor.readLog', 0, 0], ['supervisor.clearLog']] as const) {
          answers.push(
            await daemon
              .rpc(method, ...params)
              .catch((error: unknown) => String(error).replaceAll(daemon.dir, '{dir}')),
          );
        }
        return answers;
      },
    },
    call('system.multicall', []),
    call('system.multicall', [{ methodName: 'supervisor.getVersion', params: [] }]),
    call('system.multicall', [
      { methodName: 'supervisor.getVersion' },
      { methodName: 'supervisor.stopProcess', params: ['digits'] },
      { methodName: 'supervisor.getProcessInfo', params: ['digits'] },
      { methodName: 'supervisor.startProcess', params: ['digits', true] },
      { methodName: 'supervisor.startProcess', params: ['digits'] },
      { methodName: 'supervisor.nosuch', params: [1] },
      { methodName: 'system.multicall', params: [[]] },
      { methodName: 'supervisor.getVersion', params: [1] },
      { params: [] },
      { methodName: '' },
      { methodName: 'system.methodSignature', params: ['supervisor.startProcess'] },
    ]),
    differs(
      call('system.multicall', [{ methodName: 'supervisor.getProcessInfo', params: [5] }]),
      'supervisord answers FAILED with the text of an exception',
      [{ faultCode: 2, faultString: 'INCORRECT_PARAMETERS' }],
    ),
    call('system.multicall', 5),
    call('system.multicall', { methodName: 'supervisor.getVersion' }),
    differs(call('system.multicall', 'x'), 'supervisord answers HTTP status 500', fault2),
  ],
});
