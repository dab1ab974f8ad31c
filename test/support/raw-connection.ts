import { connect, type NetConnectOpts, type Socket } from 'node:net';

const limitMilliseconds = 60_000;

/** A connection whose bytes the test writes itself. */
export class RawConnection {
  readonly socket: Socket;
  /** Everything received, a character a byte. */
  received = '';
  isClosed = false;
  #check: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      this.received += data;
      this.#check?.();
    });
    // A reset is as good as an end.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.#check?.();
    });
  }

  static open(address: NetConnectOpts): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...address, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        const connection = new RawConnection(socket);
        socket.off('error', reject);
        resolve(connection);
      });
    });
  }

  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Resolves once what was received matches; rejects when that does not come. */
  async until(pattern: RegExp | string): Promise<string> {
    await this.#wait(String(pattern), () =>
      typeof pattern === 'string' ? this.received.includes(pattern) : pattern.test(this.received),
    );
    return this.received;
  }

  /** Resolves with everything received once the server has closed. */
  async untilClosed(): Promise<string> {
    if (this.socket.readableEnded) this.socket.end();
    else this.socket.once('end', () => this.socket.end());
    await this.#wait('the end', () => this.isClosed);
    return this.received;
  }

  close(): void {
    this.socket.destroy();
  }

  #wait(what: string, isDone: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(timer);
        this.#check = undefined;
        reject(new Error(`${why} before ${what}: ${JSON.stringify(this.received.slice(0, 2000))}`));
      };
      const timer = setTimeout(() => fail('The time is up'), limitMilliseconds);
      this.#check = () => {
        if (isDone()) {
          clearTimeout(timer);
          this.#check = undefined;
          resolve();
        } else if (this.isClosed) fail('The connection is closed');
      };
      this.#check();
    });
  }
}
