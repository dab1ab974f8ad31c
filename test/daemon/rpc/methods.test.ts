import { describe, expect, it } from '@jest/globals';
import { callMethod } from '../../../daemon/rpc/call.ts';
import { methodTable } from '../../../daemon/rpc/table.ts';
import { RpcFault } from '../../../rpc/faults.ts';
import type { Encodable, XmlRpcValue } from '../../../rpc/xmlrpc.ts';
import { type FakeRpcContext, fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { groupSettings } from '../../support/process-settings.ts';

const groups = [
  groupSettings('web', [{ name: 'web' }]),
  groupSettings(
    'pool',
    [
      { name: 'late', priority: 20 },
      { name: 'early', priority: 10 },
    ],
    5,
  ),
];

async function call(context: FakeRpcContext, name: string, ...params: XmlRpcValue[]): Promise<Encodable> {
  const methods = methodTable(context.namespaces);
  return await callMethod({ ...context, methods }, name.includes('.') ? name : `supervisor.${name}`, params);
}

/** The answer, or the text of the fault. */
async function answer(context: FakeRpcContext, name: string, ...params: XmlRpcValue[]): Promise<Encodable> {
  try {
    return await call(context, name, ...params);
  } catch (error) {
    if (error instanceof RpcFault) return `fault ${error.code} ${error.message}`;
    throw error;
  }
}

describe('every method of supervisor.*', () => {
  const withoutNames: ReadonlySet<string> = new Set([
    'supervisor.signalAllProcesses',
    'supervisor.sendRemoteCommEvent',
  ]);
  const names = [...methodTable(['supervisor']).keys()].filter((name) => name.startsWith('supervisor.'));

  for (const name of names) {
    // The one that is for listeners, which live longest.
    if (name === 'supervisor.sendRemoteCommEvent') continue;
    it(`${name} answers SHUTDOWN_STATE while the daemon shuts down`, async () => {
      const context = fakeRpcContext(groups);
      const arity = (methodTable(['supervisor']).get(name)?.signature.length ?? 1) - 1;
      const params = Array.from({ length: arity }, () => 'web');
      for (const state of ['SHUTDOWN', 'RESTARTING'] as const) {
        context.supervisor.state = state;
        expect(await answer(context, name, ...params)).toBe('fault 6 SHUTDOWN_STATE');
      }
      expect(context.supervisor.asked).toEqual([]);
    });

    it(`${name} refuses too many arguments, in any state`, async () => {
      const context = fakeRpcContext(groups);
      context.supervisor.state = 'SHUTDOWN';
      expect(await answer(context, name, 1, 2, 3, 4)).toBe('fault 2 INCORRECT_PARAMETERS');
    });
  }

  it('refuses names of processes that are no text', async () => {
    for (const name of names) {
      const signature = methodTable(['supervisor']).get(name)?.signature ?? [];
      if (signature[1] !== 'string' || withoutNames.has(name)) continue;
      const rest = signature.slice(2).map((): XmlRpcValue => '1');
      expect(await answer(fakeRpcContext(groups), name, 5, ...rest)).toBe('fault 2 INCORRECT_PARAMETERS');
    }
  });

  it('answers BAD_NAME for names of nothing', async () => {
    const context = fakeRpcContext(groups);
    const rest = new Map<string, XmlRpcValue[]>([
      ['startProcess', []],
      ['stopProcess', []],
      ['startProcessGroup', []],
      ['stopProcessGroup', []],
      ['signalProcess', ['HUP']],
      ['signalProcessGroup', ['HUP']],
      ['getProcessInfo', []],
      ['readProcessLog', [0, 0]],
      ['readProcessStdoutLog', [0, 0]],
      ['readProcessStderrLog', [0, 0]],
      ['tailProcessLog', [0, 0]],
      ['tailProcessStdoutLog', [0, 0]],
      ['tailProcessStderrLog', [0, 0]],
      ['clearProcessLog', []],
      ['clearProcessLogs', []],
      ['sendProcessStdin', ['x']],
      ['addProcessGroup', []],
      ['removeProcessGroup', []],
    ]);
    for (const [name, params] of rest) {
      for (const bad of [
        'nosuch',
        'pool',
        'pool:nosuch',
        'nosuch:*',
        '__proto__',
        'constructor',
        'pool:__proto__',
      ]) {
        if (bad === 'pool' && name.endsWith('Group')) continue;
        expect(await answer(context, name, bad, ...params)).toBe(`fault 10 BAD_NAME: ${bad}`);
      }
    }
  });

  it('answers BAD_NAME for a whole group where only a process will do', async () => {
    const context = fakeRpcContext(groups);
    expect(await answer(context, 'getProcessInfo', 'pool:*')).toBe('fault 10 BAD_NAME: pool:*');
    expect(await answer(context, 'clearProcessLogs', 'pool:')).toBe('fault 10 BAD_NAME: pool:');
    expect(await answer(context, 'sendProcessStdin', 'pool:*', 'x')).toBe('fault 10 BAD_NAME: pool:*');
    expect(await answer(context, 'tailProcessLog', 'pool:*', 0, 1)).toBe('fault 10 BAD_NAME: pool:*');
  });
});

describe('monitor.updateProcessGroup', () => {
  const update = (context: FakeRpcContext, name = 'pool') =>
    answer(context, 'monitor.updateProcessGroup', name);

  it('answers a status for each process that had to leave', async () => {
    const context = fakeRpcContext(groups);
    const { supervisor } = context;
    supervisor.updateOutcome = {
      type: 'updated',
      departures: [
        { process: supervisor.process('late', 'pool'), problem: undefined },
        { process: supervisor.process('early', 'pool'), problem: 'cannot kill' },
      ],
    };
    expect(await update(context)).toEqual([
      { name: 'late', group: 'pool', status: 80, description: 'OK' },
      { name: 'early', group: 'pool', status: 30, description: 'cannot kill' },
    ]);
    expect(supervisor.asked).toEqual(['update pool']);
  });

  it('answers BAD_NAME for a group that is not configured or not active', async () => {
    const context = fakeRpcContext(groups);
    expect(await update(context, 'nosuch')).toBe('fault 10 BAD_NAME: nosuch');
    expect(context.supervisor.asked).toEqual([]);
    context.supervisor.updateOutcome = { type: 'not-active' };
    expect(await update(context)).toBe('fault 10 BAD_NAME: pool');
  });

  it('answers why nothing was done', async () => {
    const context = fakeRpcContext(groups);
    context.supervisor.updateOutcome = { type: 'failed', reason: 'EACCES' };
    expect(await update(context)).toBe('fault 30 FAILED: EACCES');
    context.supervisor.updateOutcome = { type: 'shutting-down' };
    expect(await update(context)).toBe('fault 6 SHUTDOWN_STATE');
    context.supervisor.state = 'SHUTDOWN';
    expect(await update(context)).toBe('fault 6 SHUTDOWN_STATE');
    expect(context.supervisor.asked).toEqual(['update pool', 'update pool']);
  });
});

describe('methods about the daemon', () => {
  it('tell versions, identity, state and pid', async () => {
    const context = fakeRpcContext();
    expect(await call(context, 'getAPIVersion')).toBe('3.0');
    expect(await call(context, 'getVersion')).toBe('3.0');
    expect(await call(context, 'getSupervisorVersion')).toBe('4.4.0');
    expect(await call(context, 'getIdentification')).toBe('supervisor');
    expect(await call(context, 'getState')).toEqual({ statecode: 1, statename: 'RUNNING' });
    expect(await call(context, 'getPID')).toBe(4242);
    expect(await call(context, 'monitor.getProductVersion')).toBe('0.1.0');
  });

  it('shut it down and restart it', async () => {
    const context = fakeRpcContext();
    expect(await call(context, 'shutdown')).toBe(true);
    expect(await answer(context, 'restart')).toBe('fault 6 SHUTDOWN_STATE');
    expect(context.supervisor.asked).toEqual(['shut down, then exit']);
    const other = fakeRpcContext();
    expect(await call(other, 'restart')).toBe(true);
    expect(other.supervisor.asked).toEqual(['shut down, then restart']);
  });

  it('reload the configuration, answering one array in another', async () => {
    const context = fakeRpcContext([], {
      reload: () => Promise.resolve({ added: ['a'], changed: [], removed: ['b', 'c'] }),
    });
    expect(await call(context, 'reloadConfig')).toEqual([[['a'], [], ['b', 'c']]]);
    const failing = fakeRpcContext([], {
      reload: () => {
        throw new RpcFault('CANT_REREAD', 'no section');
      },
    });
    expect(await answer(failing, 'reloadConfig')).toBe('fault 92 CANT_REREAD: no section');
  });

  it('add and remove groups', async () => {
    const context = fakeRpcContext(groups);
    expect(await answer(context, 'addProcessGroup', 'web')).toBe('fault 90 ALREADY_ADDED: web');
    context.supervisor.process('web').run();
    expect(await answer(context, 'removeProcessGroup', 'web')).toBe('fault 91 STILL_RUNNING: web');
    expect(await answer(context, 'removeProcessGroup', 'pool')).toBe(true);
    expect(await answer(context, 'removeProcessGroup', 'pool')).toBe('fault 10 BAD_NAME: pool');
    expect(await answer(context, 'addProcessGroup', 'pool')).toBe(true);
    expect(context.supervisor.groups.has('pool')).toBe(true);
  });
});

describe('starting', () => {
  const faults: readonly [Parameters<typeof Promise.resolve>[0], string][] = [
    [{ type: 'no-file', reason: "can't find command '/x'" }, "fault 20 NO_FILE: can't find command '/x'"],
    [{ type: 'not-executable', reason: 'why' }, 'fault 21 NOT_EXECUTABLE: why'],
    [{ type: 'already-started' }, 'fault 60 ALREADY_STARTED: web'],
    [{ type: 'unknown-state' }, 'fault 30 FAILED: web is in an unknown process state'],
    [{ type: 'spawn-error' }, 'fault 50 SPAWN_ERROR: web'],
    [{ type: 'abnormal-termination' }, 'fault 40 ABNORMAL_TERMINATION: web'],
  ];
  for (const [outcome, text] of faults) {
    it(`answers ${text}`, async () => {
      const context = fakeRpcContext(groups);
      Object.assign(context.supervisor.process('web'), { startOutcome: outcome });
      expect(await answer(context, 'startProcess', 'web')).toBe(text);
    });
  }

  const waits: readonly [XmlRpcValue, string][] = [
    [true, 'running'],
    [false, 'spawned'],
    ['', 'spawned'],
    ['0', 'running'],
    [0, 'spawned'],
    [2, 'running'],
    [null, 'spawned'],
    [[], 'spawned'],
    [[0], 'running'],
    [new Map(), 'spawned'],
  ];
  for (const [wait, until] of waits) {
    it(`waits until ${until} if wait is ${JSON.stringify(wait)}`, async () => {
      const context = fakeRpcContext(groups);
      expect(await call(context, 'startProcess', 'web', wait)).toBe(true);
      expect(context.supervisor.asked).toEqual([`start web until ${until}`]);
    });
  }

  it('waits unless told otherwise', async () => {
    const context = fakeRpcContext(groups);
    await call(context, 'startProcess', 'pool:late');
    expect(context.supervisor.asked).toEqual(['start late until running']);
  });

  it('starts a group by priority, when asked for all its processes', async () => {
    for (const [name, argument] of [
      ['startProcess', 'pool:*'],
      ['startProcess', 'pool:'],
      ['startProcessGroup', 'pool'],
    ] as const) {
      const context = fakeRpcContext(groups);
      expect(await call(context, name, argument, false)).toEqual([
        { name: 'early', group: 'pool', status: 80, description: 'OK' },
        { name: 'late', group: 'pool', status: 80, description: 'OK' },
      ]);
      expect(context.supervisor.asked).toEqual(['start early until spawned', 'start late until spawned']);
    }
  });

  it('answers about many in the order in which they are done, and leaves out those that run', async () => {
    const context = fakeRpcContext([...groups, groupSettings('up', [{ name: 'up' }], 1)]);
    context.supervisor.process('up').run();
    const { promise, resolve } = Promise.withResolvers<{ type: 'spawn-error' }>();
    context.supervisor.process('early', 'pool').startOutcome = promise;
    const result = call(context, 'startAllProcesses');
    resolve({ type: 'spawn-error' });
    expect(await result).toEqual([
      { name: 'late', group: 'pool', status: 80, description: 'OK' },
      { name: 'web', group: 'web', status: 80, description: 'OK' },
      { name: 'early', group: 'pool', status: 50, description: 'SPAWN_ERROR: pool:early' },
    ]);
  });
});

describe('stopping', () => {
  it('answers true, NOT_RUNNING or why it failed', async () => {
    const context = fakeRpcContext(groups);
    expect(await answer(context, 'stopProcess', 'web')).toBe('fault 70 NOT_RUNNING: web');
    const web = context.supervisor.process('web').run();
    expect(await answer(context, 'stopProcess', 'web')).toBe(true);
    expect(await answer(context, 'stopProcess', 'web:web', false)).toBe(true);
    web.stopOutcome = { type: 'failed', reason: 'unknown problem' };
    expect(await answer(context, 'stopProcess', 'web')).toBe('fault 30 FAILED: unknown problem');
    expect(context.supervisor.asked.slice(1, 3)).toEqual([
      'stop web until stopped',
      'stop web until signalled',
    ]);
  });

  it('stops the running ones of many, ascending by priority', async () => {
    const context = fakeRpcContext(groups);
    context.supervisor.process('web').run();
    context.supervisor.process('late', 'pool').run();
    expect(await call(context, 'stopAllProcesses')).toEqual([
      { name: 'late', group: 'pool', status: 80, description: 'OK' },
      { name: 'web', group: 'web', status: 80, description: 'OK' },
    ]);
    expect(await call(context, 'stopProcessGroup', 'pool')).toHaveLength(1);
    expect(await call(context, 'stopProcess', 'pool:*', 0)).toHaveLength(1);
  });
});

describe('signalling', () => {
  const signals: readonly [XmlRpcValue, number][] = [
    ['HUP', 1],
    ['sighup', 1],
    [' term ', 15],
    ['9', 9],
    [9, 9],
    [0, 0],
    ['RTMIN', 34],
    ['SIGRTMAX', 64],
    ['CLD', 17],
    ['IOT', 6],
    ['POLL', 29],
    ['64', 64],
  ];
  for (const [signal, number] of signals) {
    it(`sends ${number} for ${JSON.stringify(signal)}`, async () => {
      const context = fakeRpcContext(groups);
      context.supervisor.process('web').run();
      expect(await call(context, 'signalProcess', 'web', signal)).toBe(true);
      expect(context.supervisor.asked).toEqual([`signal web ${number}`]);
    });
  }

  for (const signal of ['NOSUCH', '35', '63', '65', '-1', 35, '', 'SIG', '1.5', 'SIG_IGN', '__proto__']) {
    it(`answers BAD_SIGNAL for ${JSON.stringify(signal)}, before it looks at the state`, async () => {
      expect(await answer(fakeRpcContext(groups), 'signalProcess', 'web', signal)).toBe(
        `fault 11 BAD_SIGNAL: ${signal}`,
      );
    });
  }

  it('answers NOT_RUNNING, and why it failed', async () => {
    const context = fakeRpcContext(groups);
    expect(await answer(context, 'signalProcess', 'web', 'HUP')).toBe('fault 70 NOT_RUNNING: web');
    context.supervisor.process('web').run().signalOutcome = { type: 'failed', reason: 'EPERM' };
    expect(await answer(context, 'signalProcess', 'web', 'HUP')).toBe('fault 30 FAILED: EPERM');
  });

  it('signals those of many that have a child', async () => {
    const context = fakeRpcContext(groups);
    context.supervisor.process('late', 'pool').run().state = 'STOPPING';
    context.supervisor.process('web').run();
    expect(await call(context, 'signalProcessGroup', 'pool', 'HUP')).toEqual([
      { name: 'late', group: 'pool', status: 80, description: 'OK' },
    ]);
    expect(await call(context, 'signalProcess', 'pool:*', 'BAD')).toEqual([
      { name: 'late', group: 'pool', status: 11, description: 'BAD_SIGNAL: BAD' },
    ]);
    expect(await call(context, 'signalAllProcesses', 'USR1')).toHaveLength(2);
  });
});

describe('stdin', () => {
  it('is written as UTF-8, or says why not', async () => {
    const context = fakeRpcContext(groups);
    const web = context.supervisor.process('web');
    expect(await answer(context, 'sendProcessStdin', 'web', 5)).toBe('fault 2 INCORRECT_PARAMETERS: 5');
    expect(await answer(context, 'sendProcessStdin', 'web', 'x')).toBe('fault 70 NOT_RUNNING: web');
    web.run();
    expect(await answer(context, 'sendProcessStdin', 'web', 'ü\n')).toBe(true);
    expect(web.stdin).toEqual(['ü\n']);
    web.isStdinClosed = true;
    expect(await answer(context, 'sendProcessStdin', 'web', 'x')).toBe('fault 20 NO_FILE: web');
    web.state = 'STOPPING';
    expect(await answer(context, 'sendProcessStdin', 'web', 'x')).toBe('fault 70 NOT_RUNNING: web');
  });
});

describe('sendRemoteCommEvent', () => {
  it('tells listeners, also while the daemon shuts down', async () => {
    const context = fakeRpcContext(groups);
    context.supervisor.state = 'SHUTDOWN';
    expect(await answer(context, 'sendRemoteCommEvent', 'kind', 'data\n')).toBe(true);
    expect(context.events).toEqual([{ type: 'REMOTE_COMMUNICATION', kind: 'kind', data: 'data\n' }]);
  });

  const texts: readonly (readonly [XmlRpcValue, string])[] = [
    [0, '0'],
    [-17, '-17'],
    [1e21, '1000000000000000000000'],
    [1.25, '1.25'],
    [0.0001, '0.0001'],
    [0.000012, '1.2e-05'],
    [-1.5e-12, '-1.5e-12'],
    [true, 'True'],
    [false, 'False'],
    [null, 'None'],
    [[], '[]'],
    [['a', 1, ["it's"]], `['a', 1, ["it's"]]`],
    [
      new Map<string, XmlRpcValue>([
        ['a', 'b\n'],
        ['c', true],
      ]),
      "{'a': 'b\\n', 'c': True}",
    ],
  ];
  for (const [value, text] of texts) {
    it(`makes ${text} of what is no text, as Python does`, async () => {
      const context = fakeRpcContext(groups);
      await call(context, 'sendRemoteCommEvent', value, 'x');
      expect(context.events[0]?.kind).toBe(text);
    });
  }
});
