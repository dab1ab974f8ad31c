/**
 * A log that is no regular file: `/dev/stdout` and the like, a terminal, a FIFO, a socket, a device. It is
 * never rotated and never sought in. It can be full, when nobody reads; then the streams that lead to it
 * wait, and nothing else does. When its reader has gone, output is thrown away and the children run on.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Epoll, ReadyListener } from '../host/epoll.ts';
import { isWritable, send, splice, write } from '../host/libc/bytes.ts';
import { EAGAIN, EINVAL, EPIPE, SystemError } from '../host/libc/call.ts';
import { duplicate } from '../host/libc/descriptors.ts';
import { EPOLLOUT } from '../host/libc/readiness.ts';
import { discard } from './discard.ts';
import type { Sink } from './sink.ts';

export interface SpecialSinkOptions {
  readonly path: string;
  /** The daemon's own descriptor that `path` means; `undefined`: opened by name. */
  readonly descriptor: number | undefined;
  readonly epoll: Epoll;
  /** Called once when nobody reads any more. */
  onGone(path: string): void;
}

/** What a write may ask for at once without waiting, given that there is room: see pipe(7). */
const PIPE_BUF = 4096;
const { ECONNRESET, ENOTCONN, EBADF } = { ECONNRESET: 104, ENOTCONN: 107, EBADF: 9 };

type Kind = 'pipe' | 'socket' | 'terminal' | 'other';

export class SpecialSink implements Sink, ReadyListener {
  readonly path: string;
  readonly #options: SpecialSinkOptions;
  #open: { readonly fd: number; readonly kind: Kind } | undefined;
  #holders = 0;
  #isGone = false;
  /** Streams that wait for room, in the order in which they came. */
  readonly #waiting = new Set<() => void>();

  constructor(options: SpecialSinkOptions) {
    this.path = options.path;
    this.#options = options;
  }

  /** A file that stdout was redirected to, and `/dev/null`, always have room. */
  get canBeFull(): boolean {
    return !this.#isGone && this.#opened().kind !== 'other';
  }

  hold(): void {
    this.#opened();
    this.#holders += 1;
  }

  unhold(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    this.#stopWaiting();
    if (this.#open !== undefined) closeSync(this.#open.fd);
    this.#open = undefined;
  }

  splice(pipe: number, max: number): number {
    if (this.#isGone) return discard(pipe, max);
    const { fd, kind } = this.#opened();
    // Sockets and terminals would make splice wait, unless their open file is in non-blocking mode,
    // which they may share with the shell that started the daemon.
    if (kind === 'socket' || kind === 'terminal') return -EINVAL;
    const count = splice(pipe, fd, max);
    return this.#checkGone(count) ? discard(pipe, max) : count;
  }

  write(bytes: Uint8Array): number {
    if (this.#isGone || bytes.length === 0) return bytes.length;
    const { fd, kind } = this.#opened();
    const count = kind === 'socket' ? send(fd, bytes) : this.#writeIfRoom(fd, bytes);
    return this.#checkGone(count) ? bytes.length : count;
  }

  onWritable(wake: () => void): () => void {
    if (this.#waiting.size === 0) this.#options.epoll.add(this.#opened().fd, EPOLLOUT, this);
    this.#waiting.add(wake);
    return () => void this.#dequeue(wake);
  }

  ready(): 'busy' {
    // Those that find it full again queue up again, behind the others. Each leaves only when it is its turn:
    // if one fails, the others are still waiting.
    for (const wake of [...this.#waiting]) if (this.#dequeue(wake)) wake();
    return 'busy';
  }

  reopen(): void {}

  clear(): void {}

  #opened(): { readonly fd: number; readonly kind: Kind } {
    this.#open ??= openSpecial(this.#options);
    return this.#open;
  }

  #writeIfRoom(fd: number, bytes: Uint8Array): number {
    return isWritable(fd) ? write(fd, bytes.subarray(0, PIPE_BUF)) : -EAGAIN;
  }

  #checkGone(result: number): boolean {
    if (result >= 0 || ![EPIPE, ECONNRESET, ENOTCONN].includes(-result)) return false;
    this.#isGone = true;
    this.#options.onGone(this.path);
    return true;
  }

  /** @returns whether it was waiting */
  #dequeue(wake: () => void): boolean {
    const wasWaiting = this.#waiting.delete(wake);
    if (wasWaiting && this.#waiting.size === 0) this.#stopWaiting();
    return wasWaiting;
  }

  #stopWaiting(): void {
    this.#waiting.clear();
    if (this.#open !== undefined) this.#options.epoll.remove(this.#open.fd);
  }
}

/** @throws an error with `code` */
function openSpecial({ path, descriptor }: SpecialSinkOptions): { fd: number; kind: Kind } {
  const { O_RDWR, O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  if (descriptor === undefined) {
    // A FIFO opened for reading as well needs no reader yet, and survives one that leaves.
    const fd =
      tryOpen(path, O_RDWR | O_NONBLOCK | O_NOCTTY) ?? openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    return { fd, kind: kindOf(fd) };
  }
  if (descriptor < 0) throw new SystemError('open', EBADF, path);
  const kind = kindOf(descriptor);
  if (kind === 'terminal') {
    // Opened anew it can be put in non-blocking mode without the shell noticing, as Node itself does.
    const fd = tryOpen(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    if (fd !== undefined) return { fd, kind };
  }
  return { fd: duplicate(descriptor), kind };
}

function tryOpen(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch {
    return undefined;
  }
}

function kindOf(fd: number): Kind {
  const found = fstatSync(fd);
  if (found.isFIFO()) return 'pipe';
  if (found.isSocket()) return 'socket';
  return isatty(fd) ? 'terminal' : 'other';
}
