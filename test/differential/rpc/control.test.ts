/** Methods that start, stop, signal and feed processes, with good and bad arguments. */
import type { Encodable } from '../../../rpc/xmlrpc.ts';
import type { Daemon } from '../../support/daemons.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call, callForStatuses, differs, untilState } from '../steps/calls.ts';
import { compareDaemons, ExpectedFault, type Step } from '../steps/compare-daemons.ts';
import { waitForState } from '../steps/process-info.ts';
import { program, programSection } from '../steps/programs.ts';

const quick = ['startsecs=0'];

const configuration = [
  programSection('echo', `command=${program('repeats-stdin')}`, ...quick),
  programSection('hup', `command=${program('tells-signals')}`, 'stopasgroup=true', ...quick),
  programSection('down', 'command=/bin/cat', 'autostart=false', ...quick),
  programSection('slow', 'command=/bin/cat', 'autostart=false', 'startsecs=1'),
  programSection(
    'quick',
    `command=${program('exits-with-status')} 0`,
    'autostart=false',
    'startretries=0',
    'startsecs=2',
  ),
  // Ends a moment after its start, so that supervisord does not notice both at once.
  programSection(
    'done',
    `command=${program('ends-a-few-times')} %(here)s/done 99 0.3 0`,
    'autostart=false',
    'startsecs=0',
    'autorestart=false',
  ),
  programSection('absent', 'command=/no/such/command', 'autostart=false', 'startretries=0'),
  programSection('lost', 'command=no-such-command-anywhere', 'autostart=false', 'startretries=0'),
  programSection('noexec', `command=${program('is-not-executable')}`, 'autostart=false'),
  programSection('dir', 'command=/usr/bin', 'autostart=false'),
  programSection('quoting', 'command=cat "it', 'autostart=false'),
  programSection(
    'backoff',
    `command=${program('exits-with-status')} 1`,
    'autostart=false',
    'startretries=100',
    'startsecs=2',
  ),
  programSection('closed', `command=${program('closes-stdin')}`, ...quick),
  programSection('one', 'command=/bin/cat', 'priority=10', ...quick),
  programSection('two', 'command=/bin/cat', 'priority=5', 'autostart=false', ...quick),
  programSection('three', 'command=/no/such/command', 'autostart=false', ...quick),
  '[group:g]\nprograms=one,two,three\n',
].join('');

async function waitForOutput(daemon: Daemon, name: string, text: string): Promise<void> {
  await waitFor(
    async () => String(await daemon.rpc('supervisor.readProcessStdoutLog', name, 0, 0)).includes(text),
    { what: `${text} in the log of ${name}` },
  );
}

const isReady: Step = {
  name: 'the programs are up',
  async run(daemon) {
    await waitForOutput(daemon, 'echo', 'ready');
    await waitForOutput(daemon, 'hup', 'ready');
    await waitForOutput(daemon, 'closed', 'closed');
    await waitForState(daemon, 'g:one', 'RUNNING');
  },
};

const processNames = ['nosuch', 'g:nosuch', 'nosuch:one', 'one', '', ':', 'g', 'echo:', 'g:one:x', 'Echo'];
const methodsOfOne: readonly (readonly [string, ...Encodable[]])[] = [
  ['supervisor.startProcess'],
  ['supervisor.stopProcess'],
  ['supervisor.getProcessInfo'],
  ['supervisor.signalProcess', 'HUP'],
  ['supervisor.sendProcessStdin', 'text'],
  ['supervisor.clearProcessLogs'],
  ['supervisor.clearProcessLog'],
  ['supervisor.readProcessStdoutLog', 0, 0],
  ['supervisor.tailProcessStderrLog', 0, 10],
  ['supervisor.startProcessGroup'],
  ['supervisor.stopProcessGroup'],
  ['supervisor.signalProcessGroup', 'HUP'],
  ['supervisor.addProcessGroup'],
  ['supervisor.removeProcessGroup'],
];

/** Calls that would do something are made elsewhere. */
const harmful = new Set(['echo:', 'g']);

const badNames = methodsOfOne.flatMap(([method, ...rest]) =>
  processNames
    .filter((name) => !harmful.has(name) || !/start|stop|remove/.test(method))
    .map((name) => callForStatuses(method, name, ...rest)),
);

const fault2 = new ExpectedFault(2, 'INCORRECT_PARAMETERS');
const notText = [5, true, ['echo'], { name: 'echo' }, 1.5];
const badTypes = notText.flatMap((name) => [
  ...['supervisor.startProcess', 'supervisor.getProcessInfo', 'supervisor.stopProcess'].map((method) =>
    differs(call(method, name), 'supervisord answers HTTP status 500', fault2),
  ),
]);

const signals: readonly Encodable[] = [
  'HUP',
  'SIGHUP',
  'hup',
  1,
  '1',
  'USR1',
  10,
  'NOSUCH',
  'SIGNOSUCH',
  99,
  -1,
  '',
  'SIG',
  0,
  '0',
  ' HUP',
  '1.5',
];

compareDaemons('XML-RPC methods that control processes', {
  configuration,
  steps: [
    isReady,
    ...badNames,
    ...badTypes,
    call('supervisor.startProcess', 'echo'),
    call('supervisor.startProcess', 'absent'),
    call('supervisor.startProcess', 'lost'),
    call('supervisor.startProcess', 'noexec'),
    call('supervisor.startProcess', 'dir'),
    call('supervisor.startProcess', 'quoting'),
    call('supervisor.startProcess', 'quick'),
    call('supervisor.startProcess', 'done'),
    call('supervisor.startProcess', 'slow'),
    call('supervisor.startProcess', 'slow'),
    call('supervisor.stopProcess', 'slow'),
    call('supervisor.stopProcess', 'slow'),
    call('supervisor.startProcess', 'backoff', false),
    { name: 'backoff is in BACKOFF', run: (daemon) => waitForState(daemon, 'backoff', 'BACKOFF') },
    call('supervisor.startProcess', 'backoff'),
    call('supervisor.signalProcess', 'backoff', 'HUP'),
    call('supervisor.sendProcessStdin', 'backoff', 'x'),
    untilState(call('supervisor.stopProcess', 'backoff', false), 'backoff', 'STOPPED'),
    untilState(call('supervisor.startProcess', 'slow', false), 'slow', 'RUNNING'),
    untilState(call('supervisor.stopProcess', 'slow', 0), 'slow', 'STOPPED'),
    untilState(call('supervisor.startProcess', 'down', ''), 'down', 'RUNNING'),
    untilState(call('supervisor.stopProcess', 'down', 'false'), 'down', 'STOPPED'),
    callForStatuses('supervisor.startProcess', 'g:*'),
    callForStatuses('supervisor.startProcess', 'g:*'),
    callForStatuses('supervisor.stopProcess', 'g:*'),
    callForStatuses('supervisor.stopProcess', 'g:'),
    callForStatuses('supervisor.startProcessGroup', 'g', true),
    callForStatuses('supervisor.stopProcessGroup', 'g', true),
    callForStatuses('supervisor.startProcessGroup', 'g', false),
    { name: 'one runs', run: (daemon) => waitForState(daemon, 'g:one', 'RUNNING') },
    callForStatuses('supervisor.signalProcess', 'g:*', 0),
    callForStatuses('supervisor.signalProcess', 'g:*', 'NOSUCH'),
    callForStatuses('supervisor.signalProcessGroup', 'g', 'WINCH'),
    callForStatuses('supervisor.signalProcessGroup', 'g', 'nosuch'),
    callForStatuses('supervisor.signalAllProcesses', 'CONT'),
    callForStatuses('supervisor.signalAllProcesses', 'nosuch'),
    call('supervisor.startProcess', 'g:one'),
    call('supervisor.stopProcess', 'g:one'),
    call('supervisor.startProcess', 'g:one'),
    ...signals.map((signal) => call('supervisor.signalProcess', 'hup', signal)),
    ...signals.map((signal) => call('supervisor.signalProcess', 'down', signal)),
    {
      name: 'what the program has heard of it',
      async run(daemon) {
        await daemon.rpc('supervisor.signalProcess', 'hup', 'USR2');
        await waitForOutput(daemon, 'hup', 'USR2');
      },
    },
    call('supervisor.sendProcessStdin', 'echo', 'hällo wörld\n'),
    call('supervisor.sendProcessStdin', 'echo', ''),
    call('supervisor.sendProcessStdin', 'echo', 5),
    call('supervisor.sendProcessStdin', 'echo', true),
    call('supervisor.sendProcessStdin', 'echo', null),
    call('supervisor.sendProcessStdin', 'echo', ['a', 1, { b: null }]),
    call('supervisor.sendProcessStdin', 'down', 'x'),
    call('supervisor.sendProcessStdin', 'nosuch', 'x'),
    call('supervisor.sendProcessStdin', 'closed', 'x\n'),
    {
      name: 'what the program makes of its stdin',
      async run(daemon) {
        await waitForOutput(daemon, 'echo', 'wörld');
        return [
          await daemon.rpc('supervisor.readProcessStdoutLog', 'echo', 0, 0),
          await daemon.rpc('supervisor.readProcessStderrLog', 'echo', 0, 0),
        ];
      },
    },
    callForStatuses('supervisor.stopAllProcesses', true),
    callForStatuses('supervisor.startAllProcesses', true),
    callForStatuses('supervisor.stopAllProcesses', false),
    {
      name: 'everything in the end',
      async run(daemon) {
        await waitForState(daemon, 'hup', 'STOPPED');
        await waitForState(daemon, 'echo', 'STOPPED');
        await waitForState(daemon, 'closed', 'STOPPED');
        await waitForState(daemon, 'g:one', 'STOPPED');
        await waitForState(daemon, 'slow', 'STOPPED');
        await waitForState(daemon, 'down', 'STOPPED');
        const all = await daemon.rpc('supervisor.getAllProcessInfo');
        if (!Array.isArray(all)) throw new Error('getAllProcessInfo answers an array');
        // Which attempt this one was stopped in is chance.
        return all.filter((info) => !(info instanceof Map && info.get('name') === 'backoff'));
      },
    },
  ],
});
