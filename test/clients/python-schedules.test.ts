/** Programs in Python that call every method about schedules: there is no nil in what they get, and no number too large. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { describeWithPeer } from '../support/peer.ts';
import { type Call, callMethods, type Outcome } from './python-programs.ts';
import { tcpServer } from './tcp-server.ts';

const run = {
  id: 'str',
  job_id: 'str',
  attempt: 'int',
  cause: 'str',
  state: 'str',
  active: 'bool',
  count: 'int',
  node: 'str',
  fire_time: 'float',
  fire_time_iso: 'str',
  last_fire_time: 'float',
  last_fire_time_iso: 'str',
  due_time: 'float',
  due_time_iso: 'str',
  start_time: 'float',
  start_time_iso: 'str',
  end_time: 'float',
  end_time_iso: 'str',
  late: 'float',
  duration: 'float',
  exitstatus: 'int',
  signal: 'int',
  signalname: 'str',
  stop_requested: 'bool',
  error: 'str',
};
const jobWithoutKeys = {
  id: 'str',
  name: 'str',
  source: 'str',
  origin: 'str',
  action: 'str',
  trigger: 'str',
  timezone: 'str',
  state: 'str',
  paused: 'bool',
  next_run_time: 'float',
  next_run_time_iso: 'str',
  due_time: 'float',
  due_time_iso: 'str',
  last_run: {},
  active_runs: [],
};
const job = { ...jobWithoutKeys, keys: expect.objectContaining({ hour: { value: 'str', origin: 'str' } }) };
const times = { trigger: 'str', timezone: 'str', fire_times: ['float'], fire_times_iso: ['str'] };

/** What `runJob` has answered. */
const ended = 'RUN';

/** Every method, in an order in which each can do its work, and its result. */
const methodsOn = (id: string): readonly { readonly call: Call; readonly type: unknown }[] => [
  { call: ['getState'], type: expect.objectContaining({ statecode: 'int', problem: 'str', jobs: 'int' }) },
  { call: ['validate', { id, command: '/bin/true', run_date: '2040-01-01' }], type: times },
  {
    call: ['addJob', { id, command: '/bin/echo hello', hour: 3, coalesce: true, retry_delay: 0.5 }],
    type: job,
  },
  { call: ['modifyJob', id, { minute: '30' }], type: job },
  { call: ['rescheduleJob', id, { hour: 4, day: 'last' }], type: job },
  { call: ['getJob', id], type: job },
  { call: ['getAllJobs'], type: [jobWithoutKeys] },
  { call: ['pauseJob', id], type: job },
  { call: ['resumeJob', id], type: job },
  { call: ['getNextFireTimes', id, 1, 1795303393.5], type: times },
  { call: ['getNextFireTimes', { cron: '0 9 * * 1-5' }, 1, '2040-01-01T00:00:00Z'], type: times },
  { call: ['pause'], type: 'bool' },
  { call: ['resume'], type: 'bool' },
  { call: ['runJob', id, true, false], type: 'str' },
  { call: ['getRun', ended, true], type: { ...run, attempts: [run] } },
  { call: ['getRuns', id, 0, 5, { states: ['SUCCESS', 'failed', 'active'] }], type: [run] },
  {
    call: ['readRunLog', ended, 'stdout', 0, 100],
    type: { text: 'str', offset: 'float', size: 'float', complete: 'bool', truncated: 'bool' },
  },
  { call: ['stopRun', ended], type: { fault: 70, text: expect.stringMatching(/^NOT_RUNNING: /) } },
  { call: ['removeJob', id], type: 'bool' },
  { call: ['removeAllJobs'], type: 'int' },
];

describeWithPeer('schedules from Python', () => {
  let daemon: Daemon;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    daemon = await startDaemon({ implementation: 'ours', configuration: tcpServer(port) });
  });
  afterAll(() => daemon[Symbol.asyncDispose]());

  const clients = [
    { name: "supervisor's transport", args: () => ['supervisor', `unix://${daemon.socket}`] },
    { name: "Python's own ServerProxy", args: () => ['plain', `http://ops:secret@127.0.0.1:${port}/RPC2`] },
  ];

  /** Calls with the id of the run that has ended, once it is known. */
  async function callAll(
    client: readonly string[],
    methods: ReturnType<typeof methodsOn>,
  ): Promise<Outcome[]> {
    const full = methods.map(({ call: [method, ...args] }): Call => [`scheduler.${method}`, ...args]);
    const index = full.findIndex((call) => call.includes(ended));
    const before = await callMethods(client, full.slice(0, index));
    const id = before.at(-1)?.value;
    const after = full
      .slice(index)
      .map((call): Call => call.map((arg) => (arg === ended ? id : arg)) as unknown as Call);
    return [...before, ...(await callMethods(client, after))];
  }

  for (const [index, { name, args }] of clients.entries()) {
    it(`has every method, and results of the right types, for ${name}`, async () => {
      // Each has a job of its own, of which there is no record before.
      const methods = methodsOn(`job${index}`);
      const outcomes = await callAll(args(), methods);
      expect(outcomes.map(({ type, ...rest }, at) => [methods[at]?.call[0], type ?? rest])).toEqual(
        methods.map(({ call: [method], type }) => [method, type]),
      );
      const [logged] = outcomes.filter((_, at) => methods[at]?.call[0] === 'readRunLog');
      expect(logged?.value).toEqual({
        text: 'hello\n',
        offset: 6,
        size: 6,
        complete: true,
        truncated: false,
      });
    });
  }

  it('lists and calls every method that there is', async () => {
    const [answer] = await callMethods(['supervisor', `unix://${daemon.socket}`], [['system.listMethods']]);
    const all = answer?.value as readonly string[];
    const listed = all.filter((method) => method.startsWith('scheduler.'));
    expect([...new Set(methodsOn('x').map(({ call: [method] }) => `scheduler.${method}`))].sort()).toEqual(
      listed,
    );
  });

  it('tells what is wrong by the numbers of supervisord’s faults', async () => {
    const outcomes = await callMethods(
      ['supervisor', `unix://${daemon.socket}`],
      [
        ['scheduler.getJob', 'nosuch'],
        ['scheduler.addJob', { id: 'x', command: '/bin/true', hour: 24 }],
        ['scheduler.addJob', { id: 'x', command: '/bin/true', hour: 4 }],
        ['scheduler.addJob', { id: 'x', command: '/bin/true', hour: 4 }],
      ],
    );
    expect(outcomes.map(({ fault, text }) => [fault, text])).toEqual([
      [10, 'BAD_NAME: No job by the id of nosuch was found'],
      [3, 'BAD_ARGUMENTS: [schedule:x] hour=24: the last value (24) is higher than the maximum value (23)'],
      [undefined, undefined],
      [90, 'ALREADY_ADDED: Job identifier (x) conflicts with an existing job'],
    ]);
  });
});
