import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { encodeCall } from '../rpc/xmlrpc.ts';

/**
 * A connection that is kept for many calls. It only counts the bytes of an answer: what a client makes of them is
 * not the daemon's time.
 */
export class KeptConnection implements Disposable {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static open(path: string): Promise<KeptConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('error', reject);
      socket.once('connect', () => resolve(new KeptConnection(socket)));
    });
  }

  /**
   * Calls a method without parameters.
   *
   * @returns milliseconds until the whole answer was there
   * @throws {Error} if the answer is not what was called for, or the connection is not kept
   */
  async timeOf(method: string): Promise<number> {
    const body = encodeCall(method, []);
    const request = `POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const before = performance.now();
    this.#socket.write(request);
    const start = await this.#answer();
    const elapsed = performance.now() - before;
    if (!start.startsWith('HTTP/1.1 200 ') || start.includes('<fault>')) {
      throw new Error(`${method} answered ${JSON.stringify(start.slice(0, 500))}`);
    }
    return elapsed;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  /** Resolves when a whole answer has come, with the head and as much of the body as came with it. */
  #answer(): Promise<string> {
    return new Promise((resolve, reject) => {
      let start = '';
      let missing: number | undefined;
      const close = (): void => reject(new Error('The daemon has closed the connection'));
      const take = (chunk: Buffer): void => {
        if (missing === undefined) {
          start += chunk.toString('latin1');
          missing = missingAfter(start);
        } else missing -= chunk.length;
        if (missing !== 0) return;
        this.#socket.off('data', take).off('close', close);
        resolve(start);
      };
      this.#socket.on('data', take).once('close', close);
    });
  }
}

/** How many bytes an answer that begins like that is still to have; `undefined`: its head is not whole. */
function missingAfter(start: string): number | undefined {
  const headEnd = start.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const length = Number(/^content-length: *(\d+)/im.exec(start.slice(0, headEnd))?.[1]);
  return headEnd + 4 + length - start.length;
}
