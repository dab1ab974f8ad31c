import process from 'node:process';
import { expect } from '@jest/globals';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { fullLog, openDescriptors, pidOf, stateOf, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { fault } from './fault.ts';

const victim = '[program:victim]\ncommand=/bin/cat\nstartsecs=0\n';

const open = (daemon: Daemon): Promise<RawConnection> => RawConnection.open({ path: daemon.socket });

function call(method: string, ...params: readonly string[]): string {
  const values = params.map((param) => `<param><value><string>${param}</string></value></param>`).join('');
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values}</params></methodCall>`;
  return `POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Kills the program a few times, to see that it is started again each time. */
async function restartsGoOn(daemon: Daemon): Promise<void> {
  for (let time = 0; time < 5; time += 1) {
    const pid = await pidOf(daemon, 'victim');
    process.kill(pid, 'SIGKILL');
    await waitFor(async () => ![0, pid].includes(await pidOf(daemon, 'victim')));
  }
}

fault('clients send garbage', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration: victim });
  await waitForState(daemon, 'victim', 'RUNNING');
  const before = openDescriptors(daemon.pid);
  const answers: string[] = [];
  const garbage = [
    'nonsense\r\n\r\n',
    '\0\x01\x02\xff\xfe',
    'GET / HTTP/9.9\r\n\r\n',
    'POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n<xml>',
    'POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
    'POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n<',
    'POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    `GET /${'x'.repeat(200_000)} HTTP/1.1\r\n\r\n`,
    `GET / HTTP/1.1\r\n${'X-Header: y\r\n'.repeat(20_000)}\r\n`,
    call('supervisor.__proto__'),
    call('constructor'),
  ];
  for (const bytes of garbage) {
    const connection = await open(daemon);
    connection.send(Buffer.from(bytes, 'latin1'));
    connection.socket.end();
    await restartsGoOn(daemon);
    connection.close();
    answers.push(connection.received.split('\r\n')[0] ?? '');
  }
  expect(answers.filter((answer) => answer.includes(' 500 '))).toEqual([]);
  await waitFor(() => openDescriptors(daemon.pid) === before);
  expect(await fullLog(daemon)).not.toMatch(/Uncaught|\.ts:/);
  return (await fullLog(daemon)) + answers.join('\n');
});

fault('clients are slow, or never finish what they say', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration: victim });
  await waitForState(daemon, 'victim', 'RUNNING');
  const connections = await Promise.all(Array.from({ length: 50 }, () => open(daemon)));
  const request = call('supervisor.getPID');
  for (const [index, connection] of connections.entries()) connection.send(request.slice(0, index * 4));
  await restartsGoOn(daemon);
  expect(await daemon.rpc('supervisor.getPID')).toBe(daemon.pid);
  // One that takes its time is answered all the same.
  const [, , slow] = connections;
  for (const letter of request.slice(8)) slow?.send(letter);
  const answer = await slow?.until(`<int>${daemon.pid}</int>`);
  for (const connection of connections) connection.close();
  const stopped = await daemon.stop();
  expect(stopped).toBe(0);
  return String(answer);
});

fault('a client leaves while it waits', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[program:slow]\ncommand=/bin/cat\nautostart=false\nstartsecs=1\n${victim}`,
  });
  await waitForState(daemon, 'victim', 'RUNNING');
  const before = openDescriptors(daemon.pid);
  const connections = await Promise.all([1, 2, 3].map(() => open(daemon)));
  for (const connection of connections) connection.send(call('supervisor.startProcess', 'slow'));
  await waitForState(daemon, 'slow', 'STARTING');
  for (const connection of connections) connection.close();
  await waitForState(daemon, 'slow', 'RUNNING');
  const stop = await open(daemon);
  stop.send(call('supervisor.stopProcess', 'slow'));
  stop.close();
  await restartsGoOn(daemon);
  if ((await stateOf(daemon, 'slow')) === 'RUNNING') await daemon.rpc('supervisor.stopProcess', 'slow');
  await waitForState(daemon, 'slow', 'STOPPED');
  expect(openDescriptors(daemon.pid) - before).toBeLessThanOrEqual(4);
  expect(await fullLog(daemon)).not.toMatch(/Uncaught|\.ts:/);
  return await fullLog(daemon);
});
