/** Clients that the npm registry has for programs that run in Node. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SupervisordClient } from 'node-supervisord';
import { connect } from 'supervisord';
import { program } from '../differential/steps/programs.ts';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeEachDaemon } from './each-daemon.ts';
import { quickProgram } from './quick-program.ts';
import { tcpServer } from './tcp-server.ts';

/** Calls a method of the package `supervisord`. */
function call(host: string, method: string, ...args: readonly unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connect(host)[method]?.(...args, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

describeEachDaemon('clients of the npm registry', (implementation) => {
  let daemon: Daemon;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    daemon = await startDaemon({
      implementation,
      configuration: [
        tcpServer(port),
        quickProgram('echo', `${program('prints-and-stays')} grün ""`),
        quickProgram('down', '/bin/cat', 'autostart=false'),
      ].join(''),
    });
    await waitFor(async () => (await daemon.rpc('supervisor.readProcessLog', 'echo', 0, 0)) === 'grün', {
      what: 'the output of echo',
    });
  });
  afterAll(() => daemon[Symbol.asyncDispose]());

  it('node-supervisord reads and controls processes', async () => {
    const client = new SupervisordClient(`http://127.0.0.1:${port}`, {
      username: 'ops',
      password: 'secret',
    });
    expect(await client.getPID()).toBe(daemon.pid);
    expect(await client.getState()).toEqual({ statecode: 1, statename: 'RUNNING' });
    expect(await client.getAllProcessInfo()).toMatchObject([
      { name: 'down', statename: 'STOPPED', pid: 0 },
      { name: 'echo', statename: 'RUNNING', pid: expect.any(Number) },
    ]);
    expect(await client.getAllConfigInfo()).toMatchObject([
      { name: 'down', autostart: false, exitcodes: [0] },
      { name: 'echo', autostart: true, startsecs: 0 },
    ]);
    expect(await client.readProcessStdoutLog('echo', 0, 0)).toBe('grün');
    expect(await client.tailProcessStdoutLog('echo', 0, 100)).toEqual(['grün', 5, false]);
    expect(await client.startProcess('down')).toBe(true);
    await expect(client.startProcess('down')).rejects.toMatchObject({
      faultCode: 60,
      faultString: 'ALREADY_STARTED: down',
    });
    expect(await client.stopProcessGroup('down')).toEqual([
      { name: 'down', group: 'down', status: 80, description: 'OK' },
    ]);
    expect(await client.reloadConfig()).toEqual([[[], [], []]]);
    expect(
      await client.multicall([
        { methodName: 'supervisor.getPID', params: [] },
        { methodName: 'supervisor.stopProcess', params: ['down'] },
      ]),
    ).toEqual([daemon.pid, { faultCode: 70, faultString: 'NOT_RUNNING: down' }]);
  });

  it('node-supervisord fails with a wrong password', async () => {
    const client = new SupervisordClient(`127.0.0.1:${port}`, { username: 'ops', password: 'wrong' });
    await expect(client.getPID()).rejects.toMatchObject({ res: { statusCode: 401 } });
  });

  it.each([
    { where: 'a unix socket', host: () => `unix://${daemon.socket}` },
    { where: 'TCP with a password', host: () => `ops:secret@127.0.0.1:${port}` },
  ])('supervisord reads and controls processes on $where', async ({ host }) => {
    expect(await call(host(), 'getPID')).toBe(daemon.pid);
    expect(await call(host(), 'getProcessInfo', 'echo')).toMatchObject({ statename: 'RUNNING' });
    expect(await call(host(), 'startProcess', 'down')).toBe(true);
    await expect(call(host(), 'addProcessGroup', 'down')).rejects.toMatchObject({ faultCode: 90 });
    expect(await call(host(), 'signalProcess', 'down', 'CONT')).toBe(true);
    expect(await call(host(), 'stopAllProcesses')).toContainEqual({
      name: 'down',
      group: 'down',
      status: 80,
      description: 'OK',
    });
    expect(await call(host(), 'startProcess', 'echo', false)).toBe(true);
    await waitForState(daemon, 'echo', 'RUNNING');
  });
});
