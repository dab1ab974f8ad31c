import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { callMethod } from '../../../daemon/rpc/call.ts';
import { methodTable } from '../../../daemon/rpc/table.ts';
import { faults, RpcFault } from '../../../rpc/faults.ts';
import type { Encodable, XmlRpcValue } from '../../../rpc/xmlrpc.ts';
import { type FakeRpcContext, fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { groupSettings } from '../../support/process-settings.ts';

const groups = [groupSettings('web', [{ name: 'web' }])];

async function answer(context: FakeRpcContext, name: string, ...params: XmlRpcValue[]): Promise<Encodable> {
  try {
    return await callMethod({ ...context, methods: methodTable(context.namespaces) }, name, params);
  } catch (error) {
    if (error instanceof RpcFault) return `fault ${error.code} ${error.message}`;
    throw error;
  }
}

function struct(members: { [name: string]: XmlRpcValue }): XmlRpcValue {
  return new Map(Object.entries(members));
}

/** Signatures as the real supervisord 4.2.5 answers them. */
const signatures: { readonly [name: string]: string } = {
  addProcessGroup: 'boolean string',
  clearAllProcessLogs: 'array',
  clearLog: 'boolean',
  clearProcessLog: 'boolean string',
  clearProcessLogs: 'boolean string',
  getAPIVersion: 'string',
  getAllConfigInfo: 'array',
  getAllProcessInfo: 'array',
  getIdentification: 'string',
  getPID: 'int',
  getProcessInfo: 'struct string',
  getState: 'struct',
  getSupervisorVersion: 'string',
  getVersion: 'string',
  readLog: 'string int int',
  readMainLog: 'string int int',
  readProcessLog: 'string string int int',
  readProcessStderrLog: 'string string int int',
  readProcessStdoutLog: 'string string int int',
  reloadConfig: 'array',
  removeProcessGroup: 'boolean string',
  restart: 'boolean',
  sendProcessStdin: 'boolean string string',
  sendRemoteCommEvent: 'boolean string string',
  shutdown: 'boolean',
  signalAllProcesses: 'array string',
  signalProcess: 'boolean string string',
  signalProcessGroup: 'array string string',
  startAllProcesses: 'array boolean',
  startProcess: 'boolean string boolean',
  startProcessGroup: 'array string boolean',
  stopAllProcesses: 'array boolean',
  stopProcess: 'boolean string boolean',
  stopProcessGroup: 'array string boolean',
  tailProcessLog: 'array string int int',
  tailProcessStderrLog: 'array string int int',
  tailProcessStdoutLog: 'array string int int',
};

describe('system.*', () => {
  it('lists supervisord’s methods, and ours under monitor and scheduler, sorted', async () => {
    const names = await answer(fakeRpcContext(), 'system.listMethods');
    expect(names).toEqual([
      'monitor.checkUpgrade',
      'monitor.getAllProcessUsage',
      'monitor.getProductVersion',
      'monitor.getWarnings',
      'monitor.updateProcessGroup',
      'monitor.upgrade',
      'scheduler.addJob',
      'scheduler.getAllJobs',
      'scheduler.getJob',
      'scheduler.getNextFireTimes',
      'scheduler.getRun',
      'scheduler.getRuns',
      'scheduler.getState',
      'scheduler.modifyJob',
      'scheduler.pause',
      'scheduler.pauseJob',
      'scheduler.readRunLog',
      'scheduler.removeAllJobs',
      'scheduler.removeJob',
      'scheduler.rescheduleJob',
      'scheduler.resume',
      'scheduler.resumeJob',
      'scheduler.runJob',
      'scheduler.stopRun',
      'scheduler.validate',
      ...Object.keys(signatures).map((name) => `supervisor.${name}`),
      'system.listMethods',
      'system.methodHelp',
      'system.methodSignature',
      'system.multicall',
    ]);
  });

  it('tells the signatures supervisord tells', async () => {
    for (const [name, signature] of Object.entries(signatures)) {
      const told = await answer(fakeRpcContext(), 'system.methodSignature', `supervisor.${name}`);
      expect([name, told]).toEqual([name, signature.split(' ')]);
    }
    expect(await answer(fakeRpcContext(), 'system.methodSignature', 'system.listMethods')).toEqual(['array']);
    expect(await answer(fakeRpcContext(), 'system.methodSignature', 'system.multicall')).toEqual([
      'array',
      'array',
    ]);
  });

  it('helps with every method, and with no other', async () => {
    for (const name of methodTable(['supervisor']).keys()) {
      expect(await answer(fakeRpcContext(), 'system.methodHelp', name)).toContain(`${name}(`);
    }
    for (const name of ['nosuch', 'supervisor', 'supervisor.__proto__', '']) {
      expect(await answer(fakeRpcContext(), 'system.methodHelp', name)).toBe('fault 4 SIGNATURE_UNSUPPORTED');
      expect(await answer(fakeRpcContext(), 'system.methodSignature', name)).toBe(
        'fault 4 SIGNATURE_UNSUPPORTED',
      );
    }
  });

  it('answers while the daemon shuts down', async () => {
    const context = fakeRpcContext();
    context.supervisor.state = 'SHUTDOWN';
    expect(await answer(context, 'system.listMethods')).toHaveLength(66);
  });

  it('offers supervisor.* under each configured namespace, and nowhere else', async () => {
    const context = fakeRpcContext([], { namespaces: ['main', 'other', 'a.b'] });
    expect(await answer(context, 'main.getPID')).toBe(4242);
    expect(await answer(context, 'other.getPID')).toBe(4242);
    for (const name of [
      'supervisor.getPID',
      'a.b.getPID',
      'getPID',
      'main.constructor',
      'main.__proto__',
      '__proto__',
      'toString',
      'main.getPID.x',
      '',
      '.',
    ]) {
      expect(await answer(context, name)).toBe('fault 1 UNKNOWN_METHOD');
    }
    const none = await answer(fakeRpcContext([], { namespaces: [] }), 'system.listMethods');
    expect(none).toHaveLength(29);
  });

  it('lets nothing shadow system.*', () => {
    const table = methodTable(['system', 'monitor']);
    expect(table.get('system.multicall')?.signature).toEqual(['array', 'array']);
    expect(table.has('monitor.getPID')).toBe(true);
  });
});

describe('system.multicall', () => {
  it('makes no more calls when their results are as much as an answer may be', async () => {
    const context = fakeRpcContext(groups, { warnings: () => ['x'.repeat(40 * 1024 * 1024)] });
    const warnings = struct({ methodName: 'monitor.getWarnings' });
    const event = struct({ methodName: 'supervisor.sendRemoteCommEvent', params: ['type', 'data'] });
    const results = await answer(context, 'system.multicall', [event, warnings, event, warnings, event]);
    expect((results as Encodable[]).map((result) => (Array.isArray(result) ? 'warnings' : result))).toEqual([
      true,
      'warnings',
      true,
      'warnings',
      { faultCode: 30, faultString: 'FAILED: Not called: the results before it fill 67108864 bytes' },
    ]);
    expect(context.events).toHaveLength(2);
  });

  it('answers bare values, and structs for faults', async () => {
    const calls = [
      struct({ methodName: 'supervisor.getPID', params: [] }),
      struct({ methodName: 'supervisor.getPID' }),
      struct({ methodName: 'supervisor.getProcessInfo', params: ['nosuch'] }),
      struct({ params: [] }),
      struct({ methodName: 'system.multicall', params: [[]] }),
      struct({ methodName: 'nosuch' }),
      struct({ methodName: 'supervisor.getPID', params: 'x' }),
      'no struct',
    ];
    expect(await answer(fakeRpcContext(), 'system.multicall', calls)).toEqual([
      4242,
      4242,
      { faultCode: 10, faultString: 'BAD_NAME: nosuch' },
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS: No methodName' },
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS: Recursive system.multicall forbidden' },
      { faultCode: 1, faultString: 'UNKNOWN_METHOD' },
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS' },
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS: No methodName' },
    ]);
    expect(await answer(fakeRpcContext(), 'system.multicall', [])).toEqual([]);
    expect(await answer(fakeRpcContext(), 'system.multicall', 'x')).toBe('fault 2 INCORRECT_PARAMETERS');
  });

  it('begins a call when the one before has answered', async () => {
    const context = fakeRpcContext(groups);
    const { promise, resolve } = Promise.withResolvers<{ type: 'stopped' }>();
    context.supervisor.process('web').run().stopOutcome = promise;
    const result = answer(context, 'system.multicall', [
      struct({ methodName: 'supervisor.stopProcess', params: ['web'] }),
      struct({ methodName: 'supervisor.signalProcess', params: ['web', 'HUP'] }),
    ]);
    await new Promise(setImmediate);
    expect(context.supervisor.asked).toEqual(['stop web until stopped']);
    resolve({ type: 'stopped' });
    expect(await result).toEqual([true, true]);
    expect(context.supervisor.asked).toEqual(['stop web until stopped', 'signal web 1']);
  });

  it('goes through the gate of each method', async () => {
    const context = fakeRpcContext(groups);
    const calls = ['supervisor.shutdown', 'supervisor.getPID'].map((methodName) => struct({ methodName }));
    expect(await answer(context, 'system.multicall', calls)).toEqual([
      true,
      { faultCode: 6, faultString: 'SHUTDOWN_STATE' },
    ]);
  });

  it('contains the unexpected', async () => {
    const context = fakeRpcContext([], {
      reload: () => {
        throw new TypeError('oops');
      },
    });
    expect(
      await answer(context, 'system.multicall', [struct({ methodName: 'supervisor.reloadConfig' })]),
    ).toEqual([{ faultCode: 30, faultString: 'FAILED: TypeError:oops' }]);
    expect(context.lines.join()).toContain('critical');
  });
});

describe('docs/rpc.md', () => {
  const text = readFileSync(new URL('../../../docs/rpc.md', import.meta.url), 'utf8');

  it('has every method with its parameters and types, and no other', () => {
    const pattern = /^### `([\w.]+)\((.*)\)` → (\w+)\n\nSignature: `(.*)`$/gm;
    const documented = [...text.matchAll(pattern)].map(([, ...parts]) => parts);
    const table = [...methodTable(['supervisor'])].map(([name, { parameterNames, signature }]) => [
      name,
      parameterNames,
      signature[0],
      signature.join(', '),
    ]);
    expect(documented.sort()).toEqual(table.sort());
  });

  it('has every fault', () => {
    for (const [name, code] of Object.entries(faults)) expect(text).toContain(`| ${code} | ${name} |`);
  });
});
