import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** What gets through: everything, what is asked but no answer, or nothing at all. Nobody is told. */
export type Link = 'whole' | 'deaf' | 'severed';

/** Stands between a client and a unix socket, and loses what goes through it when it is told to. */
export class SeverableProxy implements AsyncDisposable {
  readonly socket: string;
  readonly #target: string;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [client: Socket, target: Socket]>();
  #link: Link = 'whole';
  #severAfter: Buffer | undefined;
  /** Requests that were held back, by the connection that they came over. */
  readonly #held: { readonly target: Socket; readonly bytes: Buffer }[] = [];

  private constructor(socket: string, target: string) {
    this.socket = socket;
    this.#target = target;
    this.#server = createServer((client) => this.#connect(client));
  }

  static async start(socket: string, target: string): Promise<SeverableProxy> {
    const proxy = new SeverableProxy(socket, target);
    proxy.#server.listen(socket);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  set link(link: Link) {
    this.#link = link;
  }

  /** Whether something was held back. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** Lets requests through until one holds this text; its answer and all that follows is lost. */
  loseAnswerOf(text: string): void {
    this.#severAfter = Buffer.from(text);
  }

  /** Closes the connections of clients, as a network does that notices. Those to the target stay. */
  hangUp(): void {
    for (const [client] of this.#pairs) client.destroy();
  }

  /** Delivers what was held back while nothing got through. Resolves when the target has answered. */
  async deliverLate(): Promise<void> {
    for (const { target, bytes } of this.#held.splice(0)) {
      const answered = once(target, 'data');
      target.write(bytes);
      await answered;
      target.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pair of this.#pairs) for (const end of pair) end.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(client: Socket): void {
    const target = createConnection(this.#target);
    const pair = [client, target] as const;
    this.#pairs.add(pair);
    client.on('data', (bytes: Buffer) => {
      if (this.#link === 'severed') {
        this.#held.push({ target, bytes });
        return;
      }
      if (this.#severAfter !== undefined && bytes.includes(this.#severAfter)) {
        this.#severAfter = undefined;
        this.#link = 'deaf';
      }
      target.write(bytes);
    });
    target.on('data', (bytes: Buffer) => {
      if (this.#link === 'whole') client.write(bytes);
    });
    for (const end of pair) end.on('error', () => {});
    target.on('close', () => client.destroy());
    // What a client that is gone has sent may still be on its way.
    client.on('close', () => {
      if (this.#held.every((held) => held.target !== target)) target.end();
    });
  }
}
