/** Moving bytes: between pipes, files and sockets, without waiting. */
import { intCall, sizeCall } from './call.ts';

const SPLICE_F_NONBLOCK = 2;
const spliceCall = sizeCall('splice', ['int', 'void *', 'int', 'void *', 'size_t', 'unsigned int']);
const teeCall = sizeCall('tee', ['int', 'int', 'size_t', 'unsigned int']);
const lseekCall = sizeCall('lseek', ['int', 'int64_t', 'int']);
const readCall = sizeCall('read', ['int', 'void *', 'size_t']);
const writeCall = sizeCall('write', ['int', 'void *', 'size_t']);
const sendCall = sizeCall('send', ['int', 'void *', 'size_t', 'int']);
const ioctlCall = intCall('ioctl', ['int', 'unsigned long', 'void *']);
const pollCall = intCall('poll', ['void *', 'unsigned long', 'int']);

/** Moves up to `max` bytes from a pipe to `to`, within the kernel, waiting for neither. */
export function splice(from: number, to: number, max: number): number {
  return spliceCall(from, null, to, null, max, SPLICE_F_NONBLOCK);
}

/** Duplicates up to `max` bytes of one pipe into another, consuming nothing. */
export function tee(from: number, to: number, max: number): number {
  return teeCall(from, to, max, SPLICE_F_NONBLOCK);
}

/** Moves the file position to the end, and tells it: the size of the file. */
export function seekToEnd(fd: number): number {
  return lseekCall(fd, 0, 2);
}

export function read(fd: number, into: Uint8Array, max: number): number {
  return readCall(fd, into, max);
}

export function write(fd: number, bytes: Uint8Array): number {
  return writeCall(fd, bytes, bytes.length);
}

/** Writes to a socket without waiting, whatever mode its descriptor is in. */
export function send(fd: number, bytes: Uint8Array): number {
  const [MSG_DONTWAIT, MSG_NOSIGNAL] = [0x40, 0x4000];
  return sendCall(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

const readable = Buffer.alloc(4);

/** Number of bytes that wait in a pipe. */
export function bytesIn(pipe: number): number {
  const FIONREAD = 0x541b;
  const result = ioctlCall(pipe, FIONREAD, readable);
  return result < 0 ? result : readable.readInt32LE(0);
}

const pollfd = Buffer.alloc(8);

/** Whether a write would not wait now. An error counts as writable: the write will tell it. */
export function isWritable(fd: number): boolean {
  const POLLOUT = 4;
  pollfd.writeInt32LE(fd, 0);
  pollfd.writeInt16LE(POLLOUT, 4);
  pollfd.writeInt16LE(0, 6);
  return pollCall(pollfd, 1, 0) > 0;
}
