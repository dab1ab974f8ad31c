import { closeSync } from 'node:fs';
import { send } from '../host/libc/bytes.ts';
import { EPROTOTYPE, SystemError } from '../host/libc/call.ts';
import {
  connectSocket,
  openUnixSocket,
  type SocketAddress,
  type UnixSocketType,
  unixAddress,
} from '../host/libc/sockets.ts';

/** Where the syslog daemon of a machine listens. */
const syslogPath = '/dev/log';

/** A connection to the syslog daemon: by datagrams, or by a stream where it has one, as the C library does. */
export class SyslogSocket {
  readonly path: string;
  readonly #address: SocketAddress;
  #open: { readonly fd: number; readonly type: UnixSocketType } | undefined;

  /** @throws {SystemError} the path is longer than an address can be */
  constructor(path = syslogPath) {
    this.path = path;
    this.#address = unixAddress(Buffer.from(path));
  }

  /** `undefined`: not connected. */
  get fd(): number | undefined {
    return this.#open?.fd;
  }

  /**
   * Sends what it can of a message, which ends in a NUL, without waiting; connects first if need be.
   * Answers the number of bytes that are sent, or a negated errno: `-EAGAIN` when there is no room.
   */
  send(message: Buffer): number {
    const open = this.#open ?? this.#connect('datagram');
    if (typeof open === 'number') return open;
    if (open.type === 'stream') return send(open.fd, message);
    const sent = send(open.fd, message.subarray(0, -1));
    return sent < 0 ? sent : message.length;
  }

  close(): void {
    if (this.#open !== undefined) closeSync(this.#open.fd);
    this.#open = undefined;
  }

  #connect(type: UnixSocketType): { readonly fd: number; readonly type: UnixSocketType } | number {
    const fd = open(type);
    if (fd < 0) return fd;
    const result = connectSocket(fd, this.#address);
    if (result < 0) closeSync(fd);
    if (result === -EPROTOTYPE && type === 'datagram') return this.#connect('stream');
    if (result < 0) return result;
    this.#open = { fd, type };
    return this.#open;
  }
}

function open(type: UnixSocketType): number {
  try {
    return openUnixSocket(type);
  } catch (error) {
    if (error instanceof SystemError) return -error.errno;
    throw error;
  }
}
