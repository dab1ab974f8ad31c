import type { Socket } from 'node:net';
import process from 'node:process';
import type { ServerAddress } from '../server-url.ts';
import { AnswerReader } from './answer-reader.ts';
import { type Answer, Exchange } from './exchange.ts';

// node:net alone: with node:http, most of the time of a short command would go into loading what it does not use.
const { connect } = process.getBuiltinModule('node:net');

/** A connection to a server that makes one exchange at a time, and is kept for the next where the server agrees. */
export class Connection implements Disposable {
  readonly #socket: Socket;
  readonly #onClosed: (connection: Connection) => void;
  readonly #reader = new AnswerReader({
    onHead: (head) => this.#current().begin(head),
    onBody: (bytes) => this.#current().add(bytes),
    onEnd: () => this.#finish(),
  });
  /** The one that is under way. */
  #exchange: Exchange | undefined;
  #isClosed = false;

  /** @param onClosed told at once when the connection can be used no more */
  constructor(address: ServerAddress, onClosed: (connection: Connection) => void) {
    this.#onClosed = onClosed;
    this.#socket =
      address.type === 'unix'
        ? connect({ path: address.path })
        : connect({ host: address.host, port: address.port, noDelay: true });
    this.#socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#socket.on('end', () => {
      this.#reader.end();
      this.#close(closedTooEarly());
    });
    this.#socket.on('error', (error) => this.#close(error));
    this.#socket.on('close', () => this.#close(closedTooEarly()));
  }

  /** Whether it can be used. Somebody who does not want the rest of an answer destroys the socket, which is told later. */
  get isIdle(): boolean {
    return this.#exchange === undefined && !this.#isClosed && !this.#socket.destroyed;
  }

  /**
   * Sends a request and waits for the head of its answer. Only while {@link isIdle}.
   *
   * @param request head and body, as they are sent
   * @param abortSignal ends the exchange, and with it the connection, until the body has ended
   * @throws what the connection breaks with: ECONNRESET if the server closes it without an answer, EPROTO if
   *   it is no HTTP server; the reason of `abortSignal`
   */
  exchange(request: string, abortSignal?: AbortSignal): Promise<Answer> {
    const exchange = new Exchange(this.#socket, abortSignal);
    this.#exchange = exchange;
    this.#socket.ref();
    this.#socket.write(request);
    return exchange.answer();
  }

  [Symbol.dispose](): void {
    this.#close(closedTooEarly());
  }

  #current(): Exchange {
    if (this.#exchange === undefined) throw new Error('An answer that nobody asked for');
    return this.#exchange;
  }

  #take(bytes: Buffer): void {
    try {
      this.#reader.take(bytes);
    } catch (error) {
      this.#close(error);
    }
  }

  #finish(): void {
    const exchange = this.#current();
    this.#exchange = undefined;
    exchange.end();
    // A connection that is only kept does not keep the program alive.
    if (exchange.keepsConnection) this.#socket.unref();
    else this[Symbol.dispose]();
  }

  #close(reason: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
    this.#onClosed(this);
    this.#exchange?.fail(reason);
  }
}

function closedTooEarly(): NodeJS.ErrnoException {
  return Object.assign(new Error('The server closed the connection'), { code: 'ECONNRESET' });
}
