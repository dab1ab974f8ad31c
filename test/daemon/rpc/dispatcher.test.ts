import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RpcDispatcher } from '../../../daemon/rpc/dispatcher.ts';
import { decodeResponse, encodeCall } from '../../../rpc/xmlrpc.ts';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { groupSettings } from '../../support/process-settings.ts';

const groups = [groupSettings('web', [{ name: 'web' }])];

describe('the dispatcher', () => {
  it('answers results and faults with status 200', async () => {
    const dispatcher = new RpcDispatcher(fakeRpcContext(groups));
    const result = await dispatcher.handle(Buffer.from(encodeCall('supervisor.getPID', [])));
    expect(result).toEqual({ status: 200, body: expect.stringContaining('<int>4242</int>') });
    const fault = await dispatcher.handle(Buffer.from(encodeCall('supervisor.stopProcess', ['web'])));
    expect(fault).toEqual({ status: 200, body: expect.stringContaining('NOT_RUNNING: web') });
  });

  it('answers 400 for what is no call, and tells the log on one line', async () => {
    const context = fakeRpcContext();
    const dispatcher = new RpcDispatcher(context);
    for (const body of [
      '',
      'x',
      '<a/>',
      '<methodCall/>',
      '<methodCall>\n\x1b',
      '<methodCall><methodName/></methodCall>',
    ]) {
      expect(await dispatcher.handle(Buffer.from(body))).toEqual({ status: 400 });
    }
    expect(await dispatcher.handle(Buffer.from([0xff, 0xfe]))).toEqual({ status: 400 });
    expect(context.lines).toContain("error: XML-RPC request data 'x' is invalid: unmarshallable");
    expect(context.lines).toContain("error: XML-RPC request data '<methodCall/>' is invalid: no method name");
    expect(context.lines.join('')).not.toMatch(/[\n\x1b]/);
  });

  it('answers 500 when a method fails unexpectedly, tells the log why, and lives on', async () => {
    const context = fakeRpcContext([], {
      reload: () => {
        throw new Error('no such luck');
      },
    });
    const dispatcher = new RpcDispatcher(context);
    expect(await dispatcher.handle(Buffer.from(encodeCall('supervisor.reloadConfig', [])))).toEqual({
      status: 500,
    });
    expect(context.lines.join()).toContain('raised an unexpected exception: Error: no such luck');
    expect(await dispatcher.handle(Buffer.from(encodeCall('supervisor.getPID', [])))).toMatchObject({
      status: 200,
    });
  });

  it('traces calls only when the log wants that', async () => {
    const context = fakeRpcContext(groups, { level: 'trace' });
    const dispatcher = new RpcDispatcher(context);
    await dispatcher.handle(Buffer.from(encodeCall('supervisor.getPID', [])));
    await dispatcher.handle(Buffer.from(encodeCall('supervisor.getProcessInfo', ['x'])));
    expect(context.lines).toEqual([
      'trace: XML-RPC method called: supervisor.getPID()',
      'trace: XML-RPC method supervisor.getPID() returned successfully',
      'trace: XML-RPC method called: supervisor.getProcessInfo()',
      'trace: XML-RPC method supervisor.getProcessInfo() returned fault: [10] BAD_NAME: x',
    ]);
    const quiet = fakeRpcContext(groups);
    await new RpcDispatcher(quiet).handle(Buffer.from(encodeCall('supervisor.getPID', [])));
    expect(quiet.lines).toEqual([]);
  });

  it('keeps what a client sends from looking like other lines of the log', async () => {
    const context = fakeRpcContext(groups, { level: 'trace' });
    const dispatcher = new RpcDispatcher(context);
    await dispatcher.handle(Buffer.from(encodeCall('x\n2026-01-01 00:00:00,000 CRIT y', [])));
    await dispatcher.handle(Buffer.from(encodeCall('supervisor.getProcessInfo', ['a\nb\u009b1mc'])));
    expect(context.lines).toEqual([
      'trace: XML-RPC method called: x\\x0a2026-01-01 00:00:00,000 CRIT y()',
      'trace: XML-RPC method x\\x0a2026-01-01 00:00:00,000 CRIT y() returned fault: [1] UNKNOWN_METHOD',
      'trace: XML-RPC method called: supervisor.getProcessInfo()',
      'trace: XML-RPC method supervisor.getProcessInfo() returned fault: [10] BAD_NAME: a\\x0ab\\x9b1mc',
    ]);
  });

  it('answers 5,000 mutated requests, and has no unforeseen failure', async () => {
    const context = fakeRpcContext(groups);
    const dispatcher = new RpcDispatcher(context);
    const seeds = [
      encodeCall('supervisor.startProcess', ['web', true]),
      encodeCall('system.multicall', [[{ methodName: 'supervisor.readProcessLog', params: ['web', 0, 5] }]]),
      encodeCall('supervisor.sendProcessStdin', ['web', 'x & y']),
      encodeCall('supervisor.signalProcess', ['web:*', -1]),
    ].map((xml) => Buffer.from(xml));
    const mutation = fc.record({
      at: fc.nat(),
      remove: fc.nat({ max: 12 }),
      insert: fc.oneof(
        fc.constantFrom(
          '<value>',
          '</value>',
          '<int>',
          '&#0;',
          'nil',
          '__proto__',
          '<array><data>',
          ']]>',
          '\0',
        ),
        fc.string({ unit: 'binary', maxLength: 5 }),
      ),
    });
    let wellFormed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(mutation, { maxLength: 4 }),
        async (seed, mutations) => {
          let body = seed;
          for (const { at, remove, insert } of mutations) {
            const from = at % (body.length + 1);
            body = Buffer.concat([body.subarray(0, from), Buffer.from(insert), body.subarray(from + remove)]);
          }
          const answer = await dispatcher.handle(body);
          expect([200, 400]).toContain(answer.status);
          if (answer.status === 200) {
            decodeResponse(answer.body);
            wellFormed += 1;
          }
          // Whatever it was, it may have asked for a shutdown.
          context.supervisor.state = 'RUNNING';
        },
      ),
      { numRuns: 5000, seed: 20_251_121 },
    );
    expect(wellFormed).toBeGreaterThan(500);
    expect(context.lines.filter((line) => line.startsWith('critical'))).toEqual([]);
  });
});
