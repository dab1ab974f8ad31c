/** Programs in Python that call every method: with supervisor's own transport, and with Python's library alone. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { program } from '../differential/steps/programs.ts';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { waitForAll } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeEachDaemon } from './each-daemon.ts';
import { type Call, callMethods, pythonProgram } from './python-programs.ts';
import { quickProgram } from './quick-program.ts';
import { tcpServer } from './tcp-server.ts';

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
  quickProgram('echo', program('repeats-stdin')),
  quickProgram('one', '/bin/cat'),
  '[group:group]\nprograms=one\n',
].join('');
const another = quickProgram('new', '/bin/cat', 'autostart=false');

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
      args: () => ['supervisor', `http://127.0.0.1:${port}`, 'ops', 'secret'],
    },
    {
      name: "Python's own ServerProxy with the password in its URL",
      args: () => ['plain', `http://ops:secret@127.0.0.1:${port}/RPC2`],
    },
  ];

  for (const { name, args } of clients) {
    it(`has every method, and results of the right types, for ${name}`, async () => {
      const calls = methods.map(({ call }) => call);
      const outcomes = await callMethods(args(), calls);
      expect(outcomes.map(({ type, ...rest }, index) => [calls[index]?.[0], type ?? rest])).toEqual(
        methods.map(({ call: [method], type }) => [method, type]),
      );
      for (const { value } of outcomes.filter(({ type }) => type === 'bool')) expect(value).toBe(true);
    });
  }

  it('describes the configuration in values that Python has types for', async () => {
    const [answer] = await callMethods(
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
    expect(await callMethods(['plain', `http://ops:wrong@${url}/RPC2`], [call])).toEqual([{ status: 401 }]);
    expect(await callMethods(['supervisor', `http://${url}`], [call, call])).toEqual([
      { status: 401 },
      { status: 401 },
    ]);
  });

  // supervisord does not wrap the results of a batch in arrays, as others do, so MultiCall takes the first
  // item of an array for the result, and everything else but a fault for an error.
  it('makes of a batch what MultiCall makes of it with supervisord', async () => {
    const url = `http://ops:secret@127.0.0.1:${port}/RPC2`;
    const { stdout } = await execa(pythonProgram('calls-in-batches'), [url]);
    const [methodNames, fault, infos, pid] = JSON.parse(stdout);
    expect(methodNames).toEqual(expect.any(String));
    expect(fault).toEqual({ fault: 10, text: 'BAD_NAME: nosuch' });
    expect(infos).toMatchObject({ group: 'echo', name: 'echo', statename: 'RUNNING' });
    expect(pid).toEqual({ error: 'unexpected type in multicall result' });
  });

  it('restarts and ends the daemon', async () => {
    const restart: Call = ['supervisor.restart'];
    const unix = ['supervisor', `unix://${daemon.socket}`];
    expect(await callMethods(unix, [restart])).toMatchObject([{ value: true }]);
    const knowsNew = () =>
      daemon.rpc('supervisor.getProcessInfo', 'new').then(
        () => true,
        () => false,
      );
    await waitFor(knowsNew, { what: 'the restarted daemon, which has read the whole configuration' });
    const plain = ['plain', `http://ops:secret@127.0.0.1:${port}/RPC2`];
    expect(await callMethods(plain, [['supervisor.shutdown']])).toMatchObject([{ value: true }]);
    expect(await daemon.ended()).toBe(0);
  });
});

describeEachDaemon('the list of methods', (implementation) => {
  it('has all of supervisord, and no other in its namespaces', async () => {
    await using daemon = await startDaemon({ implementation, configuration: '' });
    const client = ['supervisor', `unix://${daemon.socket}`];
    const [answer] = await callMethods(client, [['system.listMethods']]);
    const listed = answer?.value as readonly string[];
    expect(listed.filter((method) => /^(supervisor|system)\./.test(method))).toEqual(
      [...methods.map(({ call: [method] }) => method), ...otherMethods].toSorted(),
    );
  });
});
