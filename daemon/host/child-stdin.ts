import { closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../../conf/error-code.ts';
import type { User } from '../../conf/settings.ts';
import type { Epoll, Load, ReadyListener } from './epoll.ts';
import {
  inodeOf,
  inodeOfFifo,
  openForChild,
  openForInput,
  pathOfHeldFifo,
  removeOwnFifo,
  renewFifo,
} from './fifo.ts';
import { write } from './libc/bytes.ts';
import { EAGAIN, EINTR } from './libc/call.ts';
import { EPOLLOUT } from './libc/readiness.ts';
import { doesWritingUnmark, isPieceWritten, markPiece, type Piece, pieceEnd } from './marked-pieces.ts';
import { prepareRuntimeDirectory } from './runtime-directory.ts';

/**
 * Told how bytes find their way into a stdin, so that another daemon can go on where this one is killed. They are
 * written in pieces then.
 */
export interface StdinProgress {
  /** What is to be written first. */
  readonly first: Piece;
  /** A piece, which begins at `from`, is about to be written; `isMarked`: another daemon can tell whether it was. */
  writing(piece: { readonly from: number; readonly isMarked: boolean }): void;
  /** All of them have been written. */
  written(): void;
}

/** The standard input of a process, through any number of children. */
export interface ChildInput {
  /** For a new child, which runs as `owner`. @returns its end, which the caller closes. @throws an error */
  open(owner: User | undefined): number;
  /** Goes on with the input of a child of an earlier daemon. */
  adopt(pid: number): void;
  /** Queues bytes. `closed`: nobody reads them; `full`: too many wait already, and none of these were taken. */
  write(bytes: Uint8Array, progress?: StdinProgress): 'queued' | 'closed' | 'full';
  /** From `ChildHandle.stdinTakenUpTo`. */
  takenUpTo(piece: Piece, length: number): number | undefined;
  /** Calls `drained` once, when what was queued has been taken: there is room. Never, if it is closed before. */
  onceDrained(drained: () => void): void;
  /** The child has ended, or could not be started. */
  close(): void;
  /** There will be no other child. */
  dispose(): void;
  /** Another daemon will go on with the child. */
  leave(): void;
}

/** Bytes on their way into the pipe. */
interface Queued {
  readonly bytes: Buffer;
  readonly progress: StdinProgress | undefined;
  /** Offset of the first byte that has not been written. */
  from: number;
  /** Somebody knows of the piece that begins there. */
  isAnnounced: boolean;
}

/** How much is kept for a child that does not read. */
export const stdinCapacity = 1024 * 1024;

/**
 * When the daemon opens its end. Most programs are never told anything, and a descriptor for each would add up;
 * but an end that is opened late needs the file, which somebody may have tidied away.
 */
export type StdinOpening = 'with the child' | 'with the first byte';

/**
 * A FIFO for each child, so that it never reads what was meant for the one before. The child's own end keeps
 * the input open.
 */
export class ChildStdin implements ChildInput, ReadyListener {
  readonly #path: string;
  readonly #epoll: Epoll;
  readonly #opening: StdinOpening;
  #state: 'open' | 'closed' = 'closed';
  /** Of our FIFO: another handle of a process of that name may have one at this path. */
  #inode: bigint | undefined;
  #fd: number | undefined;
  #queue: Queued[] = [];
  #queued = 0;
  #isWaiting = false;
  /** Whether marks of pieces go when they are written; found out for the first one. */
  #marksTell: boolean | undefined;
  #onDrained: (() => void) | undefined;

  constructor(path: string, epoll: Epoll, opening: StdinOpening) {
    this.#path = path;
    this.#epoll = epoll;
    this.#opening = opening;
  }

  /** For a new child. @returns its end, which the caller closes. @throws an error with `code` */
  open(owner: User | undefined): number {
    this.close();
    this.#renewFifo(owner);
    const childEnd = openForChild(this.#path);
    this.#inode = inodeOf(childEnd);
    try {
      if (this.#opening === 'with the child') this.#fd = openForInput(this.#path);
    } catch (error) {
      closeSync(childEnd);
      throw error;
    }
    this.#state = 'open';
    return childEnd;
  }

  adopt(pid: number): void {
    this.close();
    try {
      // Also if nobody has the other end: it is to go with the process.
      this.#inode = inodeOfFifo(this.#path);
      const path = pathOfHeldFifo(this.#path, pid, 0);
      this.#fd = openForInput(path);
      this.#inode = inodeOf(this.#fd);
      this.#state = 'open';
      if (this.#opening === 'with the child') return;
      closeSync(this.#fd);
      this.#fd = undefined;
    } catch {
      // The child has closed its end, or never had it.
    }
  }

  /** Writes what fits into the pipe and keeps the rest. `full`: too much is kept already, `bytes` are not. */
  write(bytes: Uint8Array, progress?: StdinProgress): 'queued' | 'closed' | 'full' {
    if (this.#state === 'closed' || !this.#openEnd()) return 'closed';
    const from = progress?.first.from ?? 0;
    const length = bytes.length - from;
    if (this.#queued > 0 && this.#queued + length > stdinCapacity) return 'full';
    this.#queue.push({ bytes: Buffer.from(bytes), progress, from, isAnnounced: false });
    this.#queued += length;
    // With older bytes waiting for the pipe, there is no use in trying.
    if (!this.#isWaiting) this.#flush();
    return this.#fd === undefined ? 'closed' : 'queued';
  }

  takenUpTo(piece: Piece, length: number): number | undefined {
    if (this.#state === 'closed' || !this.#openEnd() || this.#fd === undefined) return undefined;
    return isPieceWritten(this.#fd, piece) ? pieceEnd(piece.from, length) : piece.from;
  }

  onceDrained(drained: () => void): void {
    this.#onDrained = drained;
  }

  ready(): Load {
    this.#flush();
    return 'busy';
  }

  /** The child has ended, or closed its end: what was not read is dropped. */
  close(): void {
    this.#state = 'closed';
    this.#queue = [];
    this.#queued = 0;
    this.#onDrained = undefined;
    this.#stopWaiting();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Removes the FIFO too. @throws an error with `code` */
  dispose(): void {
    this.close();
    if (this.#inode !== undefined) removeOwnFifo(this.#path, this.#inode);
    this.#inode = undefined;
  }

  leave(): void {
    this.close();
  }

  #renewFifo(owner: User | undefined): void {
    try {
      renewFifo(this.#path, owner);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      // Someone tidied up the runtime directory.
      prepareRuntimeDirectory(dirname(this.#path));
      renewFifo(this.#path, owner);
    }
  }

  #openEnd(): boolean {
    if (this.#fd !== undefined) return true;
    try {
      const fd = openForInput(this.#path);
      if (inodeOf(fd) !== this.#inode) {
        closeSync(fd);
        return false;
      }
      this.#fd = fd;
      return true;
    } catch {
      // ENXIO: the child has closed its end. Without the file or a descriptor there is no way in, either.
      return false;
    }
  }

  #flush(): void {
    while (this.#fd !== undefined) {
      const [first] = this.#queue;
      if (first === undefined) {
        this.#stopWaiting();
        this.#tellDrained();
        return;
      }
      const count = this.#writePiece(this.#fd, first);
      if (count >= 0) {
        this.#queued -= count;
        first.from += count;
        first.isAnnounced = false;
        if (first.from < first.bytes.length) continue;
        this.#queue.shift();
        first.progress?.written();
      } else if (count === -EAGAIN) {
        this.#wait(this.#fd);
        return;
      } else if (count !== -EINTR) {
        // EPIPE: nobody has the other end any more.
        this.close();
      }
    }
  }

  /** @returns how many bytes were written, or a negative errno */
  #writePiece(fd: number, next: Queued): number {
    const { bytes, progress, from, isAnnounced } = next;
    if (progress === undefined) return write(fd, bytes.subarray(from));
    if (!isAnnounced) {
      this.#marksTell ??= doesWritingUnmark(dirname(this.#path));
      // In this order: while the piece before is the last that is on record, its mark is gone.
      const isMarked = this.#marksTell && markPiece(fd, { ...progress.first, from });
      progress.writing({ from, isMarked });
      next.isAnnounced = true;
    }
    return write(fd, bytes.subarray(from, pieceEnd(from, bytes.length)));
  }

  #tellDrained(): void {
    const drained = this.#onDrained;
    this.#onDrained = undefined;
    drained?.();
  }

  #wait(fd: number): void {
    if (this.#isWaiting) return;
    this.#epoll.add(fd, EPOLLOUT, this);
    this.#isWaiting = true;
  }

  #stopWaiting(): void {
    if (!this.#isWaiting || this.#fd === undefined) return;
    this.#epoll.remove(this.#fd);
    this.#isWaiting = false;
  }
}
