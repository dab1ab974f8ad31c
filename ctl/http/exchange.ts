import type { Socket } from 'node:net';
import type { AnswerHead } from './answer-reader.ts';

/** What comes back for a request. */
export interface Answer extends AnswerHead {
  /**
   * The body, as it comes; to be read once. Who stops before its end closes the connection.
   *
   * Throws ECONNRESET if the connection breaks before its end, or the reason of the signal that has aborted it.
   */
  readonly body: AsyncIterable<Buffer>;
  /** Closes the connection: nobody wants the body. */
  discard(): void;
}

/** As much as is read ahead of a slow reader, in bytes. */
const maxReadAhead = 262_144;

/** A request and its answer: what comes in on the socket is kept here until somebody takes it. */
export class Exchange {
  readonly #socket: Socket;
  readonly #abortSignal: AbortSignal | undefined;
  readonly #head = Promise.withResolvers<AnswerHead>();
  /** Of the body, what nobody has taken. */
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #end: 'open' | 'complete' | 'failed' = 'open';
  #failure: unknown;
  /** Somebody waits for more of the body, or its end. */
  #wake: (() => void) | undefined;
  #keepsConnection = false;
  readonly #abort = (): void => void this.#socket.destroy(this.#abortSignal?.reason);

  constructor(socket: Socket, abortSignal: AbortSignal | undefined) {
    this.#socket = socket;
    this.#abortSignal = abortSignal;
    if (abortSignal?.aborted) this.#abort();
    else abortSignal?.addEventListener('abort', this.#abort);
  }

  /** Whether the server agrees to another exchange on this connection. */
  get keepsConnection(): boolean {
    return this.#keepsConnection;
  }

  /**
   * Waits for the head.
   *
   * @throws what {@link fail} is told
   */
  async answer(): Promise<Answer> {
    const head = await this.#head.promise;
    return { ...head, body: this.#read(), discard: () => void this.#socket.destroy() };
  }

  /** The head has come. */
  begin(head: AnswerHead): void {
    this.#keepsConnection = head.keepsConnection;
    this.#head.resolve(head);
  }

  /** A piece of the body has come. */
  add(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > maxReadAhead) this.#socket.pause();
    this.#wake?.();
  }

  /** The body is complete. */
  end(): void {
    this.#settle('complete');
  }

  /** Nothing more will come. */
  fail(failure: unknown): void {
    this.#failure = failure;
    this.#settle('failed');
    this.#head.reject(failure);
  }

  #settle(end: 'complete' | 'failed'): void {
    this.#end = end;
    this.#abortSignal?.removeEventListener('abort', this.#abort);
    this.#wake?.();
  }

  /** What the reader of the body is told: how the connection broke makes no difference to it. */
  #brokenOff(): unknown {
    if (this.#abortSignal?.aborted) return this.#failure;
    const error = new Error('The server broke off its answer', { cause: this.#failure });
    return Object.assign(error, { code: 'ECONNRESET' });
  }

  async *#read(): AsyncGenerator<Buffer, void> {
    try {
      for (;;) {
        const bytes = this.#waiting.shift();
        if (bytes !== undefined) {
          this.#waitingBytes -= bytes.length;
          yield bytes;
          continue;
        }
        if (this.#end === 'complete') return;
        if (this.#end === 'failed') throw this.#brokenOff();
        if (this.#socket.isPaused()) this.#socket.resume();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      if (this.#end === 'open') this.#socket.destroy();
    }
  }
}
