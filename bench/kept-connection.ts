import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { encodeCall } from '../rpc/xmlrpc.ts';

/** A connection that is kept for many calls, and that does nothing with the answers: only the daemon's time counts. */
export class KeptConnection implements Disposable {
  readonly #socket: Socket;
  #received = '';
  #check: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      this.#received += text;
      this.#check();
    });
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
   * @throws {Error} for an answer that is none, and when the connection is not kept
   */
  async timeOf(method: string): Promise<number> {
    const body = encodeCall(method, []);
    const request = `POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    this.#received = '';
    const before = performance.now();
    this.#socket.write(request);
    await this.#whole();
    const elapsed = performance.now() - before;
    if (!this.#received.startsWith('HTTP/1.1 200 ') || this.#received.includes('<fault>')) {
      throw new Error(`${method} answered ${JSON.stringify(this.#received.slice(0, 500))}`);
    }
    return elapsed;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #whole(): Promise<void> {
    return new Promise((resolve, reject) => {
      const close = (): void => reject(new Error('The daemon has closed the connection'));
      this.#socket.once('close', close);
      this.#check = () => {
        if (!isWhole(this.#received)) return;
        this.#socket.off('close', close);
        resolve();
      };
    });
  }
}

function isWhole(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, headEnd))?.[1];
  return text.length >= headEnd + 4 + Number(length);
}
