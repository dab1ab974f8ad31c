import { MessageChannel } from 'node:worker_threads';

/**
 * Keeps Node's event loop, and with it the daemon, going until it is disposed of. Listeners for signals do not:
 * without a server and without a running program there would be nothing left to wait for. Wakes nobody up.
 */
export function holdEventLoop(): Disposable {
  const { port1 } = new MessageChannel();
  port1.ref();
  return { [Symbol.dispose]: () => port1.close() };
}
