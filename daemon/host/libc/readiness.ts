/** Readiness: epoll, and a watch in Node's own loop. */
import koffi from 'koffi';
import { checked, intCall } from './call.ts';
import { O_CLOEXEC } from './descriptors.ts';

export const EPOLLIN = 1;
export const EPOLLOUT = 4;
const [EPOLL_CTL_ADD, EPOLL_CTL_DEL] = [1, 2];
/** Only x64 packs the structure. */
const [eventSize, dataOffset] = process.arch === 'x64' ? [12, 4] : [16, 8];
const epollCreateCall = intCall('epoll_create1', ['int']);
const epollCtlCall = intCall('epoll_ctl', ['int', 'int', 'int', 'void *']);
const epollWaitCall = intCall('epoll_wait', ['int', 'void *', 'int', 'int']);
const interestBuffer = Buffer.alloc(16);

export function epollCreate(): number {
  return checked(epollCreateCall(O_CLOEXEC), 'epoll_create1');
}

/** @throws {SystemError} `EPERM`: the file cannot be polled, being always ready */
export function epollControl(epoll: number, operation: 'add' | 'remove', fd: number, interest: number): void {
  const number = { add: EPOLL_CTL_ADD, remove: EPOLL_CTL_DEL }[operation];
  interestBuffer.writeUInt32LE(interest, 0);
  interestBuffer.writeInt32LE(fd, dataOffset);
  checked(epollCtlCall(epoll, number, fd, interestBuffer), 'epoll_ctl');
}

/** What is ready now, read into one buffer that is used again. */
export class ReadySet {
  readonly #capacity = 128;
  readonly #buffer = Buffer.alloc(this.#capacity * eventSize);

  /** Asks without waiting. Answers how many descriptors are ready, at most the capacity. */
  take(epoll: number): number {
    return Math.max(0, epollWaitCall(epoll, this.#buffer, this.#capacity, 0));
  }

  fd(index: number): number {
    return this.#buffer.readInt32LE(index * eventSize + dataOffset);
  }
}

/** A watch on one descriptor in Node's own event loop. */
export interface LoopWatch {
  start(): void;
  stop(): void;
  close(): void;
}

/** Has Node's event loop call `wake` for as long as `fd` is readable; keeps the loop alive until stopped. */
export function watchReadable(fd: number, wake: () => void): LoopWatch {
  const handle = koffi.node.poll(fd, { readable: true }, wake);
  return {
    start: () => handle.start({ readable: true }, wake),
    stop: () => handle.stop(),
    close: () => handle.close(),
  };
}
