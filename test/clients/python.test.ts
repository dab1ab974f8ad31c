/** Programs in Python that call the daemon: with supervisor's own library, and with Python's alone. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { program, programSection } from '../differential/steps/programs.ts';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { waitForAll, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeEachDaemon } from './each-daemon.ts';

type Call = readonly [method: string, ...args: unknown[]];

interface Outcome {
  readonly value?: unknown;
  /** What Python has the value for. */
  readonly type?: unknown;
  readonly fault?: number;
  readonly text?: string;
  readonly status?: number;
}

/** Runs a client of `test/clients/fixtures`. */
async function runClient(name: string, args: readonly string[], input: unknown = null): Promise<Outcome[]> {
  const path = resolve('test/clients/fixtures', name);
  const { stdout } = await execa(path, args, { input: JSON.stringify(input), timeout: 60_000 });
  return JSON.parse(stdout);
}

const status = { name: 'str', group: 'str', status: 'int', description: 'str' };
const processInfo = {
  name: 'str',
  group: 'str',
  start: 'int',
  stop: 'int',
  now: 'int',
  state: 'int',
  statename: 'str',
  spawnerr: 'str',
  exitstatus: 'int',
  logfile: 'str',
  stdout_logfile: 'str',
  stderr_logfile: 'str',
  pid: 'int',
  description: 'str',
};
const tail = ['str', 'int', 'bool'];

/** Every method but those that end the daemon, in an order in which each can do its work, and its result. */
const methods: readonly { readonly call: Call; readonly type: unknown }[] = [
  { call: ['supervisor.getAPIVersion'], type: 'str' },
  { call: ['supervisor.getVersion'], type: 'str' },
  { call: ['supervisor.getSupervisorVersion'], type: 'str' },
  { call: ['supervisor.getIdentification'], type: 'str' },
  { call: ['supervisor.getState'], type: { statecode: 'int', statename: 'str' } },
  { call: ['supervisor.getPID'], type: 'int' },
  { call: ['supervisor.getProcessInfo', 'echo'], type: processInfo },
  { call: ['supervisor.getAllProcessInfo'], type: [processInfo, processInfo] },
  { call: ['supervisor.sendProcessStdin', 'echo', 'grüß\n'], type: 'bool' },
  { call: ['supervisor.readLog', 0, 0], type: 'str' },
  { call: ['supervisor.readMainLog', -10, 0], type: 'str' },
  { call: ['supervisor.readProcessLog', 'echo', 0, 5], type: 'str' },
  { call: ['supervisor.readProcessStdoutLog', 'echo', 0, 5], type: 'str' },
  { call: ['supervisor.readProcessStderrLog', 'echo', 0, 0], type: 'str' },
  { call: ['supervisor.tailProcessLog', 'echo', 0, 5], type: tail },
  { call: ['supervisor.tailProcessStdoutLog', 'echo', 0, 5], type: tail },
  { call: ['supervisor.tailProcessStderrLog', 'echo', 0, 5], type: tail },
  { call: ['supervisor.clearProcessLog', 'echo'], type: 'bool' },
  { call: ['supervisor.clearProcessLogs', 'echo'], type: 'bool' },
  { call: ['supervisor.clearAllProcessLogs'], type: [status, status] },
  { call: ['supervisor.clearLog'], type: 'bool' },
  { call: ['supervisor.signalProcess', 'echo', 'CONT'], type: 'bool' },
  { call: ['supervisor.signalProcessGroup', 'group', 'SIGCONT'], type: [status] },
  { call: ['supervisor.signalAllProcesses', 18], type: [status, status] },
  { call: ['supervisor.stopProcess', 'echo'], type: 'bool' },
  { call: ['supervisor.startProcess', 'echo', true], type: 'bool' },
  { call: ['supervisor.stopProcessGroup', 'group'], type: [status] },
  { call: ['supervisor.startProcessGroup', 'group', true], type: [status] },
  { call: ['supervisor.stopAllProcesses'], type: [status, status] },
  { call: ['supervisor.startAllProcesses'], type: [status, status] },
  { call: ['supervisor.reloadConfig'], type: [[['str'], [], []]] },
  { call: ['supervisor.addProcessGroup', 'new'], type: 'bool' },
  { call: ['supervisor.removeProcessGroup', 'new'], type: 'bool' },
  { call: ['system.methodHelp', 'supervisor.getPID'], type: 'str' },
  {
    call: ['system.methodSignature', 'supervisor.startProcess'],
    type: ['str', 'str', 'bool'].map(() => 'str'),
  },
  {
    call: ['system.multicall', [{ methodName: 'supervisor.getPID', params: [] }, { methodName: 'no.such' }]],
    type: ['int', { faultCode: 'int', faultString: 'str' }],
  },
];

/** Those that other tests call. */
const otherMethods = [
  'system.listMethods',
  'supervisor.getAllConfigInfo',
  'supervisor.sendRemoteCommEvent',
  'supervisor.restart',
  'supervisor.shutdown',
];

const programs = [
  programSection('echo', `command=${program('repeats-stdin')}`, 'startsecs=0'),
  programSection('one', 'command=/bin/cat', 'startsecs=0'),
  '[group:group]\nprograms=one\n',
].join('');
const another = programSection('new', 'command=/bin/cat', 'autostart=false');

function tcpServer(port: number): string {
  return `[inet_http_server]\nport=127.0.0.1:${port}\nusername=ops\npassword=pass:word\n`;
}

describeEachDaemon('XML-RPC from Python', (implementation) => {
  let daemon: Daemon;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    daemon = await startDaemon({ implementation, configuration: tcpServer(port) + programs });
    await waitForAll(daemon, (state) => state === 'RUNNING');
    await waitForOutput('echo', 'ready');
    daemon.configure(tcpServer(port) + programs + another);
  });
  afterAll(() => daemon[Symbol.asyncDispose]());

  async function waitForOutput(name: string, text: string): Promise<void> {
    await waitFor(
      async () => String(await daemon.rpc('supervisor.readProcessStdoutLog', name, 0, 0)).includes(text),
      { what: `${name} to print ${text}` },
    );
  }

  const clients: readonly { readonly name: string; readonly args: () => readonly string[] }[] = [
    {
      name: "supervisor's transport on a unix socket",
      args: () => ['supervisor', `unix://${daemon.socket}`],
    },
    {
      name: "supervisor's transport on TCP with a password",
      args: () => ['supervisor', `http://127.0.0.1:${port}`, 'ops', 'pass:word'],
    },
    {
      name: "Python's own ServerProxy with the password in its URL",
      args: () => ['plain', `http://ops:pass:word@127.0.0.1:${port}/RPC2`],
    },
  ];

  for (const { name, args } of clients) {
    it(`has every method, and results of the right types, for ${name}`, async () => {
      const calls = methods.map(({ call }) => call);
      const outcomes = await runClient('calls-methods', args(), calls);
      expect(outcomes.map(({ type, ...rest }, index) => [calls[index]?.[0], type ?? rest])).toEqual(
        methods.map(({ call: [method], type }) => [method, type]),
      );
      for (const { value } of outcomes.filter(({ type }) => type === 'bool')) expect(value).toBe(true);
    });
  }

  it('describes the configuration in values that Python has types for', async () => {
    const [answer] = await runClient(
      'calls-methods',
      ['supervisor', `unix://${daemon.socket}`],
      [['supervisor.getAllConfigInfo']],
    );
    expect(answer?.type).toContainEqual(
      expect.objectContaining({
        name: 'str',
        command: 'str',
        autostart: 'bool',
        exitcodes: ['int'],
        stopsignal: 'int',
        directory: 'str',
        stdout_logfile_maxbytes: 'int',
      }),
    );
  });

  it('refuses a wrong password and none with HTTP status 401', async () => {
    const url = `127.0.0.1:${port}`;
    const call: Call = ['supervisor.getState'];
    expect(await runClient('calls-methods', ['plain', `http://ops:wrong@${url}/RPC2`], [call])).toEqual([
      { status: 401 },
    ]);
    expect(await runClient('calls-methods', ['supervisor', `http://${url}`], [call, call])).toEqual([
      { status: 401 },
      { status: 401 },
    ]);
  });

  // supervisord does not wrap the results of a batch in arrays, as others do, so MultiCall takes the first
  // item of an array for the result, and everything else but a fault for an error.
  it('makes of a batch what MultiCall makes of it with supervisord', async () => {
    const [methodNames, fault, infos, pid] = await runClient('calls-in-batches', [
      `http://ops:pass:word@127.0.0.1:${port}/RPC2`,
    ]);
    expect(methodNames).toEqual(expect.any(String));
    expect(fault).toEqual({ fault: 10, text: 'BAD_NAME: nosuch' });
    expect(infos).toMatchObject({ group: 'echo', name: 'echo', statename: 'RUNNING' });
    expect(pid).toEqual({ error: 'unexpected type in multicall result' });
  });

  it('restarts and ends the daemon', async () => {
    const restart: Call = ['supervisor.restart'];
    const unix = ['supervisor', `unix://${daemon.socket}`];
    expect(await runClient('calls-methods', unix, [restart])).toMatchObject([{ value: true }]);
    const knowsNew = () =>
      daemon.rpc('supervisor.getProcessInfo', 'new').then(
        () => true,
        () => false,
      );
    await waitFor(knowsNew, { what: 'the restarted daemon, which has read the whole configuration' });
    const plain = ['plain', `http://ops:pass:word@127.0.0.1:${port}/RPC2`];
    expect(await runClient('calls-methods', plain, [['supervisor.shutdown']])).toMatchObject([
      { value: true },
    ]);
    expect(await daemon.ended()).toBe(0);
  });
});

describeEachDaemon('faults as Python sees them', (implementation) => {
  const shell = (name: string, ...lines: readonly string[]) =>
    programSection(name, ...lines, 'autostart=false');
  const configuration = [
    programSection('up', `command=${program('ignores-term')}`, 'startsecs=0', 'stopwaitsecs=2'),
    shell('down', 'command=/bin/cat'),
    shell('absent', 'command=/no/such/command'),
    shell('not-executable', `command=${program('is-not-executable')}`),
    shell('too-quick', `command=${program('exits-with-status')} 3`, 'startsecs=1', 'startretries=0'),
  ].join('');

  const cases: readonly { readonly call: Call; readonly fault: number; readonly text: string }[] = [
    { call: ['supervisor.noSuchMethod'], fault: 1, text: 'UNKNOWN_METHOD' },
    { call: ['supervisor.getPID', 'too many'], fault: 2, text: 'INCORRECT_PARAMETERS' },
    { call: ['supervisor.readLog', 0, -1], fault: 3, text: 'BAD_ARGUMENTS' },
    { call: ['system.methodHelp', 'no.such'], fault: 4, text: 'SIGNATURE_UNSUPPORTED' },
    { call: ['supervisor.getProcessInfo', 'nosuch'], fault: 10, text: 'BAD_NAME: nosuch' },
    { call: ['supervisor.signalProcess', 'up', 'NOSUCH'], fault: 11, text: 'BAD_SIGNAL: NOSUCH' },
    {
      call: ['supervisor.startProcess', 'absent'],
      fault: 20,
      text: "NO_FILE: can't find command '/no/such/command'",
    },
    {
      call: ['supervisor.startProcess', 'not-executable'],
      fault: 21,
      text: `NOT_EXECUTABLE: command at '${program('is-not-executable')}' is not executable`,
    },
    { call: ['supervisor.startProcess', 'too-quick'], fault: 50, text: 'SPAWN_ERROR: too-quick' },
    { call: ['supervisor.startProcess', 'up'], fault: 60, text: 'ALREADY_STARTED: up' },
    { call: ['supervisor.stopProcess', 'down'], fault: 70, text: 'NOT_RUNNING: down' },
    { call: ['supervisor.addProcessGroup', 'up'], fault: 90, text: 'ALREADY_ADDED: up' },
    { call: ['supervisor.removeProcessGroup', 'up'], fault: 91, text: 'STILL_RUNNING: up' },
  ];

  it('have the codes and texts that programs look for', async () => {
    await using daemon = await startDaemon({ implementation, configuration });
    await waitForState(daemon, 'up', 'RUNNING');
    const client = ['supervisor', `unix://${daemon.socket}`];
    const outcomes = await runClient(
      'calls-methods',
      client,
      cases.map(({ call }) => call),
    );
    expect(outcomes).toEqual(cases.map(({ fault, text }) => ({ fault, text })));

    daemon.configure('[program:without-command]\n');
    expect(
      await runClient('calls-methods', client, [
        ['supervisor.reloadConfig'],
        ['supervisor.shutdown'],
        ['supervisor.getState'],
      ]),
    ).toMatchObject([
      { fault: 92, text: expect.stringMatching(/^CANT_REREAD: /) },
      { value: true },
      { fault: 6, text: 'SHUTDOWN_STATE' },
    ]);
  });
});

describeEachDaemon('supervisor.childutils in a child, with a password', (implementation) => {
  // The daemon tells its address, but no password: that is for the environment of the program.
  const credentials = 'username=ops\npassword=pass:word';
  const asks = (...lines: readonly string[]) =>
    programSection(
      'asks',
      `command=${program('asks-its-daemon')}`,
      'startsecs=0',
      'stdout_logfile=%(here)s/asks.log',
      'environment=SUPERVISOR_USERNAME="ops",SUPERVISOR_PASSWORD="pass:word"',
      ...lines,
    );
  const other = programSection('other', 'command=/bin/cat', 'startsecs=0', 'priority=1');

  async function answersIn(daemon: Daemon): Promise<unknown> {
    const file = join(daemon.dir, 'asks.log');
    await waitFor(() => readFileSync(file, { encoding: 'utf8', flag: 'a+' }).endsWith('\n'), {
      what: 'the child to print what it was answered',
    });
    return JSON.parse(readFileSync(file, 'utf8'));
  }

  const answers = {
    name: 'asks',
    group: 'asks',
    enabled: '1',
    'own pid': true,
    parent: true,
    state: { statecode: 1, statename: 'RUNNING' },
    other: true,
    batch: ['3.0'],
  };

  it('finds the unix socket', async () => {
    await using daemon = await startDaemon({ implementation, credentials, configuration: asks() + other });
    expect(await answersIn(daemon)).toEqual(answers);
  });

  it('finds the TCP port that its serverurl names', async () => {
    const port = await freePort();
    await using daemon = await startDaemon({
      implementation,
      configuration: tcpServer(port) + asks(`serverurl=http://127.0.0.1:${port}`) + other,
    });
    expect(await answersIn(daemon)).toEqual(answers);
  });
});

describeEachDaemon('the list of methods', (implementation) => {
  it('has all of supervisord, and no other in its namespaces', async () => {
    await using daemon = await startDaemon({ implementation, configuration: '' });
    const client = ['supervisor', `unix://${daemon.socket}`];
    const [answer] = await runClient('calls-methods', client, [['system.listMethods']]);
    const listed = answer?.value as readonly string[];
    expect(listed.filter((method) => /^(supervisor|system)\./.test(method))).toEqual(
      [...methods.map(({ call: [method] }) => method), ...otherMethods].toSorted(),
    );
  });
});
