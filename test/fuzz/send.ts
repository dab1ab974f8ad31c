import { connect, type NetConnectOpts } from 'node:net';
import type { Case } from './case.ts';

/** Milliseconds in which a server has to be done with a client that has nothing more to say. */
const patience = 20_000;

/** Sends a case on a connection of its own; resolves with everything that came back. */
export function send(address: NetConnectOpts, { bytes, pauseAt, ending }: Case): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, allowHalfOpen: true });
    let received = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(`The server has not closed within ${patience} ms; it sent ${JSON.stringify(received)}`),
      );
    }, patience);
    const finish = (): void => {
      if (ending === 'vanish') socket.destroy();
      else if (ending === 'close its side') socket.end();
    };
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      socket.write(bytes.subarray(0, pauseAt), () => {
        if (pauseAt === bytes.length) finish();
        else socket.write(bytes.subarray(pauseAt), finish);
      });
    });
    socket.on('data', (data) => {
      received += data;
      if (ending === 'wait for something') socket.destroy();
    });
    socket.on('end', () => socket.end());
    // A server may reset the connection of a client that goes on sending what it has refused.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
    // Nothing may come for an unfinished request, so this client does not wait for ever.
    if (ending === 'wait for something') setTimeout(() => socket.destroy(), 100).unref();
  });
}
