import type { Encodable, XmlRpcValue } from '../rpc/xmlrpc-values.ts';
import { Client, type ClientCredentials } from './client.ts';
import type { Input } from './input.ts';
import type { Interrupts } from './interrupts.ts';
import type { Output } from './output.ts';
import type { Plugin } from './plugins/plugin.ts';
import { showProgress } from './progress.ts';
import { type SupervisorApi, supervisorApi } from './supervisor-api.ts';

export interface SessionOptions extends ClientCredentials {
  readonly serverurl: string;
  /** Of schedules that say none, as the configuration has it; `undefined`: that of the host. */
  readonly timezone: string | undefined;
  /** Whether there is somebody to ask: for a password, or whether a shutdown is really meant. */
  readonly interactive: boolean;
  readonly output: Output;
  readonly input: Input;
  readonly interrupts: Interrupts;
}

/** What a command works with: a server, a place to print, and somebody to ask. */
export class Session implements Disposable {
  readonly interactive: boolean;
  readonly timezone: string | undefined;
  readonly output: Output;
  readonly input: Input;
  readonly interrupts: Interrupts;
  readonly supervisor: SupervisorApi = supervisorApi((method, ...params) => this.call(method, ...params));
  /** Whose commands there are beside our own; none until somebody loads them. */
  plugins: readonly Plugin[] = [];
  /** Whether the warnings of this server have been told. */
  hasToldWarnings = false;
  #credentials: ClientCredentials;
  #client: Client;
  /** Tasks that must not show any. */
  #withoutProgress = 0;

  constructor({ serverurl, username, password, ...options }: SessionOptions) {
    this.interactive = options.interactive;
    this.timezone = options.timezone;
    this.output = options.output;
    this.input = options.input;
    this.interrupts = options.interrupts;
    this.#credentials = { username, password };
    this.#client = new Client(serverurl, this.#credentials);
  }

  get serverurl(): string {
    return this.#client.serverurl;
  }

  /** Calls any method of the server; see `Client.call`. */
  call(method: string, ...params: readonly Encodable[]): Promise<XmlRpcValue> {
    return this.#client.call(method, ...params);
  }

  print(line: string): void {
    this.output.print(line);
  }

  /** Prints each line on stdout. */
  printAll(lines: readonly string[]): void {
    if (lines.length > 0) this.output.print(lines.join('\n'));
  }

  /** Follows a log of the server; see `Client.follow`. */
  follow(path: string, abortSignal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#client.follow(path, abortSignal);
  }

  /** From now on, talks to the server by new connections. */
  reconnect(): void {
    this.#connect(this.serverurl, this.#credentials);
  }

  /** From now on, talks to the server at `serverurl`. */
  open(serverurl: string): void {
    this.hasToldWarnings = false;
    this.#connect(serverurl, this.#credentials);
  }

  /** From now on, logs in with `credentials`. */
  logIn(credentials: ClientCredentials): void {
    this.#connect(this.serverurl, credentials);
  }

  /** Waits for the server to do something that takes time; on a terminal, shows what it is at. */
  whileWaiting<T>(answer: Promise<T>): Promise<T> {
    return this.#withoutProgress > 0 ? answer : showProgress(this, answer);
  }

  /** Runs a task that may have several commands run at once, whose output would tear the line at the bottom. */
  async withoutProgress<T>(task: () => Promise<T>): Promise<T> {
    this.#withoutProgress += 1;
    try {
      return await task();
    } finally {
      this.#withoutProgress -= 1;
    }
  }

  /** Runs `task` until it is done or Ctrl-C aborts it; says which it was. */
  async untilInterrupted(task: (abortSignal: AbortSignal) => Promise<void>): Promise<'done' | 'interrupted'> {
    const controller = new AbortController();
    await this.interrupts.during(
      () => controller.abort(),
      () => task(controller.signal),
    );
    return controller.signal.aborted ? 'interrupted' : 'done';
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
    this.input[Symbol.dispose]();
  }

  #connect(serverurl: string, credentials: ClientCredentials): void {
    this.#client[Symbol.dispose]();
    this.#credentials = credentials;
    this.#client = new Client(serverurl, credentials);
  }
}
