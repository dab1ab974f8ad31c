import { randomUUID } from 'node:crypto';
import type { Redis, RedisOptions } from 'ioredis';
import { JobStoreError } from '../errors.ts';
import { type RedisAddress, readRedisAddress } from './redis-address.ts';
import { type ScriptName, scripts } from './redis-scripts.ts';

/** Names of the keys of a store. */
export interface RedisKeys {
  readonly jobs: string;
  readonly runTimes: string;
  /** What all others begin with. */
  readonly prefix: string;
}

export interface ConnectionEvents {
  /** Another one has changed something, or may have while nobody listened. */
  readonly onNews: () => void;
  readonly onLost: (text: string) => void;
  readonly onBack: (text: string) => void;
  /** Somebody else is connected under the same name. */
  readonly onTwin: () => void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly keys: RedisKeys;
  readonly node: string;
  readonly events: ConnectionEvents;
}

/** Redis has not answered: what was asked may have been done, or not. */
export class NoAnswerError extends JobStoreError {}

/** Milliseconds without an answer after which a connection is given up. */
const patience = 3000;
/** Milliseconds for which a lost connection is waited for before a caller is told. */
const graceAfterLoss = 2000;
/** Milliseconds between two attempts to connect again, at most. */
const longestPause = 10_000;

const options: RedisOptions = {
  lazyConnect: true,
  // What cannot be sent now fails now; whether it is to be sent again is for the store to say.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  connectTimeout: patience,
  commandTimeout: patience,
  disconnectTimeout: 500,
  // Whoever only listens would notice after hours that the other host is gone.
  keepAlive: patience,
  retryStrategy: (attempt) => Math.min(25 * 2 ** Math.min(attempt, 10), longestPause),
  disableClientInfo: true,
};

/** Two connections to a Redis, one to ask and one to listen, which come back by themselves. */
export class RedisConnection {
  /** Tells what this one has sent from what others have. */
  readonly #sender = randomUUID();
  readonly #address: RedisAddress;
  readonly #keys: RedisKeys;
  readonly #node: string;
  readonly #events: ConnectionEvents;
  readonly #asking: Redis;
  readonly #listening: Redis;
  #place = 0;
  /** Whether something that was sent may still be on its way. */
  #isAnyUnanswered = false;
  #isLost = false;
  #lastError: unknown;

  private constructor(asking: Redis, address: RedisAddress, { keys, node, events }: ConnectionOptions) {
    this.#asking = asking;
    this.#address = address;
    this.#keys = keys;
    this.#node = node;
    this.#events = events;
    this.#listening = asking.duplicate();
  }

  /** @throws {JobStoreError} there is no Redis, or it does not want us */
  static async open(connectionOptions: ConnectionOptions): Promise<RedisConnection> {
    const address = readRedisAddress(connectionOptions.url);
    const Redis = await loadClient(address);
    const asking = new Redis({ ...options, ...address.options });
    const connection = new RedisConnection(asking, address, connectionOptions);
    try {
      await connection.#connect();
      return connection;
    } catch (error) {
      connection.close();
      throw connection.#error('Cannot open', connection.#lastError ?? error);
    }
  }

  /**
   * Has Redis carry out a script.
   *
   * @throws {NoAnswerError} it may have been carried out all the same, and may be yet, but not after anything that is
   *   sent later
   * @throws {JobStoreError} Redis has refused it
   */
  async send(name: ScriptName, input: object = {}): Promise<unknown> {
    const { text, sha, isWriting } = scripts[name];
    const { jobs, runTimes, prefix } = this.#keys;
    const json = JSON.stringify(input);
    const isLast = isWriting || this.#isAnyUnanswered ? 1 : 0;
    const words = () => [2, jobs, runTimes, prefix, this.#sender, ++this.#place, json, isLast] as const;
    try {
      const answer = await this.#asking.evalsha(sha, ...words()).catch((error: unknown) => {
        // Also after a restart of Redis.
        if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
        return this.#asking.eval(text, ...words());
      });
      if (isLast === 1) this.#isAnyUnanswered = false;
      return answer;
    } catch (error) {
      // What is asked later must not wait in the same queue.
      if (messageOf(error) === 'Command timed out') this.#giveUp();
      const isRefusal = Error.isError(error) && error.name === 'ReplyError';
      if (!isRefusal) this.#isAnyUnanswered = true;
      throw this.#error('Cannot use', error, isRefusal ? JobStoreError : NoAnswerError);
    }
  }

  /** Resolves once there is a connection, to `false` if there is none for a while. */
  async isBack(): Promise<boolean> {
    if (!this.#isLost) return true;
    return new Promise((resolve) => {
      const back = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#asking.off('ready', back);
        resolve(false);
      }, graceAfterLoss);
      this.#asking.once('ready', back);
    });
  }

  close(): void {
    for (const redis of [this.#asking, this.#listening]) {
      redis.removeAllListeners();
      // Without a listener the client prints what goes wrong.
      redis.on('error', () => {});
      redis.disconnect();
    }
  }

  async #connect(): Promise<void> {
    for (const redis of [this.#asking, this.#listening]) {
      redis.on('error', (error) => {
        this.#lastError = error;
      });
    }
    await Promise.all([this.#asking.connect(), this.#listening.connect()]);
    const [, twins] = await this.#asking.pubsub('NUMSUB', this.#ownChannel);
    if (Number(twins) > 0) this.#events.onTwin();
    await this.#subscribe();
    this.#listening.on('message', (_channel, sender) => {
      if (sender !== this.#sender) this.#events.onNews();
    });
    this.#listening.on('ready', () => {
      // A connection that is lost again comes back here.
      this.#subscribe().then(this.#events.onNews, () => this.#listening.disconnect(true));
    });
    this.#watch();
  }

  #subscribe(): Promise<unknown> {
    return this.#listening.subscribe(this.#channel, this.#ownChannel);
  }

  #watch(): void {
    this.#asking.on('close', () => this.#lose());
    this.#asking.on('ready', () => {
      this.#isLost = false;
      this.#lastError = undefined;
      this.#events.onBack(`connected to ${this.#address.shown} again`);
    });
  }

  #giveUp(): void {
    if (this.#isLost) return;
    this.#lastError = new Error(`no answer for ${patience / 1000} seconds`);
    this.#lose();
    this.#asking.disconnect(true);
  }

  #lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#events.onLost(`the connection to ${this.#address.shown} is lost${this.#why()}`);
  }

  #why(): string {
    return this.#lastError === undefined ? '' : `: ${messageOf(this.#lastError)}`;
  }

  get #channel(): string {
    return `${this.#keys.prefix}changed`;
  }

  /** Nobody says anything there: Redis counts who listens. */
  get #ownChannel(): string {
    return `${this.#keys.prefix}node:${this.#node}`;
  }

  #error(what: string, cause: unknown, ErrorOfKind = JobStoreError): JobStoreError {
    return new ErrorOfKind(`${what} job store "${this.#address.shown}": ${messageOf(cause)}`, { cause });
  }
}

/** Only now: it is a package that need not be there. */
async function loadClient({ shown }: RedisAddress): Promise<typeof Redis> {
  try {
    return (await import('ioredis')).Redis;
  } catch (error) {
    throw new JobStoreError(
      `Cannot open job store "${shown}": the package ioredis is missing: npm install ioredis@5`,
      { cause: error },
    );
  }
}

function messageOf(error: unknown): string {
  return Error.isError(error) ? error.message : String(error);
}
