/**
 * The way to the syslog daemon of the machine, which may be slow, or stopped, or gone for a while. The
 * daemon never waits for it: messages that it does not take are kept in bounded memory, and it is tried
 * again with the next one, or when it has room.
 *
 * While it is only slow, whoever copies output to it waits (see `isFull`), so that a burst is not lost. One
 * that has taken nothing for some time counts as stopped: then nobody waits, and what does not fit in
 * memory is dropped and counted.
 */
import type { LogLevel } from '../../conf/settings.ts';
import type { Epoll, ReadyListener } from '../host/epoll.ts';
import { EAGAIN, EMSGSIZE, errnoName } from '../host/libc/call.ts';
import { EPOLLOUT } from '../host/libc/readiness.ts';
import { syslogMessage } from './syslog-message.ts';
import { SyslogSocket } from './syslog-socket.ts';

export interface SyslogOptions {
  readonly epoll: Epoll;
  /** Of the socket; by default the machine's. */
  readonly path?: string;
  /** Milliseconds without progress after which a full daemon counts as stopped; by default 5,000. */
  readonly stallMs?: number;
  log(level: LogLevel, text: string): void;
}

/** Bytes in the queue, each message with what it costs besides its text. */
const limits = {
  /** Above this nobody should send more, if he can wait; and while syslog fails, more is dropped. */
  wait: 1024 * 1024,
  /** Above this a message is dropped in any case. */
  drop: 16 * 1024 * 1024,
} as const;
const messageCost = 128;

export class Syslog implements ReadyListener {
  readonly #options: SyslogOptions;
  readonly #socket: SyslogSocket;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** Bytes of the first message that a stream has taken. */
  #sentOfFirst = 0;
  /** Why nothing can be sent, as errno name. */
  #failure: string | undefined;
  #lost = 0;
  /** The descriptor that is watched for room. */
  #watched: number | undefined;
  #stall: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(options: SyslogOptions) {
    this.#options = options;
    this.#socket = new SyslogSocket(options.path);
  }

  /** Whether those who can wait should, with `onRoom`. */
  get isFull(): boolean {
    return this.#failure === undefined && this.#queuedBytes > limits.wait;
  }

  /** Sends a message with this text, as of now, or keeps it until that works. */
  send(text: Buffer): void {
    const message = syslogMessage(new Date(), text);
    this.#queue.push(message);
    this.#queuedBytes += costOf(message);
    if (this.#watched === undefined) this.#drain();
    if (this.#queuedBytes <= (this.#failure === undefined ? limits.drop : limits.wait)) return;
    const newest = this.#queue.pop();
    if (newest === undefined) return;
    this.#queuedBytes -= costOf(newest);
    this.#lost += 1;
  }

  /** Calls `wake` once, when it is no longer full. Cancelled by what it returns. */
  onRoom(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  ready(): 'busy' {
    this.#unwatch();
    this.#drain();
    this.#wake();
    return 'busy';
  }

  /** Resolves when everything is sent, or syslog fails. */
  async flush(): Promise<void> {
    while (this.#queue.length > 0 && this.#watched !== undefined && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  /** Tries once more, tells what is lost, and closes the socket. The last thing that happens to it. */
  close(): void {
    this.#unwatch();
    this.#drain();
    this.#unwatch();
    this.#endStall();
    const lost = this.#lost + this.#queue.length;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#socket.close();
    if (lost > 0) this.#options.log('warn', `${lost} messages for syslog were lost`);
  }

  /** Sends what can be sent now. Answers how many messages were. */
  #drain(): number {
    let taken = 0;
    let result = 0;
    for (const message of this.#queue) {
      result = this.#sendWhole(message);
      // No syslog daemon takes this one, so it must not keep the others from being sent.
      if (result === -EMSGSIZE) {
        this.#failure ??= errnoName(EMSGSIZE);
        this.#lost += 1;
        result = 0;
      }
      if (result < 0) break;
      this.#queuedBytes -= costOf(message);
      taken += 1;
    }
    this.#queue.splice(0, taken);
    const isFull = result === -EAGAIN && this.#watch(taken > 0);
    // What follows may write a log that itself goes to syslog: it comes last.
    if (result < 0 && !isFull) this.#fail(-result);
    else if (taken > 0) this.#recover();
    return taken;
  }

  /** Answers a negated errno, unless all of the message is sent. */
  #sendWhole(message: Buffer): number {
    while (this.#sentOfFirst < message.length) {
      const result = this.#sendOrReconnect(message);
      if (result === -EAGAIN) return result;
      this.#sentOfFirst = result < 0 ? 0 : this.#sentOfFirst + result;
      if (result < 0) return result;
    }
    this.#sentOfFirst = 0;
    return 0;
  }

  /** The connection to a syslog daemon that has been started anew since fails once. */
  #sendOrReconnect(message: Buffer): number {
    for (let isNew = this.#socket.fd === undefined; ; isNew = true) {
      const result = this.#socket.send(message.subarray(this.#sentOfFirst));
      if (result >= 0 || result === -EAGAIN || result === -EMSGSIZE) return result;
      this.#socket.close();
      this.#sentOfFirst = 0;
      if (isNew) return result;
    }
  }

  /** Waits for room. False: there is not even a connection to wait on. */
  #watch(hasProgressed: boolean): boolean {
    const { fd } = this.#socket;
    if (fd === undefined) return false;
    this.#options.epoll.add(fd, EPOLLOUT, this);
    this.#watched = fd;
    if (hasProgressed) this.#endStall();
    if (hasProgressed || this.#failure === undefined) {
      this.#stall ??= setTimeout(() => this.#giveUpWaiting(), this.#options.stallMs ?? 5000);
    }
    return true;
  }

  #giveUpWaiting(): void {
    this.#stall = undefined;
    this.#unwatch();
    // The daemon itself may have been busy all the time.
    if (this.#drain() === 0) this.#fail(EAGAIN);
    this.#wake();
  }

  #unwatch(): void {
    if (this.#watched === undefined) return;
    this.#options.epoll.remove(this.#watched);
    this.#watched = undefined;
  }

  #endStall(): void {
    clearTimeout(this.#stall);
    this.#stall = undefined;
  }

  /** Not from within `send`: those who wake use what its callers are using. */
  #wake(): void {
    if (this.isFull) return;
    for (const wake of [...this.#waiting]) if (this.#waiting.delete(wake)) wake();
  }

  /** One line for each spell. It may go to syslog itself, and then is read when that works again. */
  #fail(errno: number): void {
    this.#endStall();
    if (this.#failure !== undefined) return;
    this.#failure = errnoName(errno);
    const { path } = this.#socket;
    this.#options.log('error', `cannot send to syslog at '${path}': ${this.#failure}; messages for it wait`);
  }

  #recover(): void {
    if (this.#watched === undefined) this.#endStall();
    const [reason = errnoName(EAGAIN), lost] = [this.#failure, this.#lost];
    // What a burst lost is told after it, once.
    if (this.#failure === undefined && (lost === 0 || this.#watched !== undefined)) return;
    this.#failure = undefined;
    this.#lost = 0;
    this.#options.log('warn', `syslog took nothing for a while (${reason}); ${lost} messages were lost`);
  }
}

function costOf(message: Buffer): number {
  return message.length + messageCost;
}
