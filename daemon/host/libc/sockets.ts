/**
 * The sockets that Node has no way to make: those that programs inherit, which wait in `accept` as a server
 * expects of its own, and the sending end of unix sockets of any type, which never waits.
 */
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import koffi from 'koffi';
import { c, checked, intCall, SystemError } from './call.ts';
import { O_CLOEXEC } from './descriptors.ts';

const [AF_UNIX, AF_INET, AF_INET6] = [1, 2, 10];
const [SOCK_STREAM, SOCK_DGRAM] = [1, 2];
const SOCK_NONBLOCK = 0o4000;
const unixTypes = { stream: SOCK_STREAM, datagram: SOCK_DGRAM } as const;
const [SOL_SOCKET, SO_REUSEADDR] = [1, 2];
const [AI_PASSIVE, AI_NUMERICHOST] = [1, 4];
/** `listen` cuts it down to `net.core.somaxconn`. */
const longestBacklog = 0x7fffffff;
const socketCall = intCall('socket', ['int', 'int', 'int']);
const setsockoptCall = intCall('setsockopt', ['int', 'int', 'int', 'void *', 'uint32_t']);
const bindCall = intCall('bind', ['int', 'void *', 'uint32_t']);
const connectCall = intCall('connect', ['int', 'void *', 'uint32_t']);
const listenCall = intCall('listen', ['int', 'int']);
const getaddrinfoCall = c.func('getaddrinfo', 'int', ['str', 'str', 'void *', 'void *']);
const freeaddrinfoCall = c.func('freeaddrinfo', 'void', ['void *']);
const gaiStrerrorCall = c.func('gai_strerror', 'str', ['int']);

/** Bytes for a path in a `sockaddr_un`, less the one that ends it. */
const maxPathBytes = 107;

/** A `sockaddr`, and the family it is of. */
export interface SocketAddress {
  readonly family: number;
  readonly bytes: Uint8Array;
}

/** @throws {SystemError} `ENAMETOOLONG`: more than 107 bytes */
export function unixAddress(path: Buffer): SocketAddress {
  if (path.length > maxPathBytes) throw new SystemError('sockaddr_un', constants.errno.ENAMETOOLONG);
  const bytes = Buffer.alloc(2 + path.length + 1);
  bytes.writeUInt16LE(AF_UNIX, 0);
  path.copy(bytes, 2);
  return { family: AF_UNIX, bytes };
}

/** What became of looking up a host. */
export type Lookup =
  | { readonly type: 'found'; readonly address: SocketAddress }
  /** In the words of the C library, such as `Name or service not known`. */
  | { readonly type: 'not-found'; readonly reason: string };

/**
 * The address to listen on at a TCP port. A host is an IPv4 address, or a name that has one, `*` for all of
 * them, or an IPv6 address in brackets. Waits for the name service if `/etc/hosts` does not have the name.
 */
export function lookUpTcp(host: string, port: number): Lookup {
  const [, inBrackets] = /^\[(.*)\]$/.exec(host) ?? [];
  const family = inBrackets === undefined ? AF_INET : AF_INET6;
  const hints = Buffer.alloc(48);
  hints.writeInt32LE(inBrackets === undefined ? AI_PASSIVE : AI_PASSIVE | AI_NUMERICHOST, 0);
  hints.writeInt32LE(family, 4);
  hints.writeInt32LE(SOCK_STREAM, 8);
  const found = Buffer.alloc(8);
  const name = host === '*' ? null : (inBrackets ?? host);
  const error: number = getaddrinfoCall(name, String(port), hints, found);
  if (error !== 0) return { type: 'not-found', reason: gaiStrerrorCall(error) };
  const first = found.readBigUInt64LE(0);
  try {
    const info = Buffer.from(koffi.view(first, hints.length));
    const bytes = koffi.view(info.readBigUInt64LE(24), info.readUInt32LE(16));
    return { type: 'found', address: { family, bytes: Buffer.copyBytesFrom(new Uint8Array(bytes)) } };
  } finally {
    freeaddrinfoCall(first);
  }
}

/**
 * A socket of that address, to which nobody can connect yet. It may have the port of connections that are
 * still coming to their end.
 *
 * @returns its descriptor, closed on exec
 * @throws {SystemError} `EADDRINUSE` and the like
 */
export function bindStream({ family, bytes }: SocketAddress): number {
  const fd = checked(socketCall(family, SOCK_STREAM | O_CLOEXEC, 0), 'socket');
  try {
    if (family !== AF_UNIX) {
      const on = Buffer.from(Int32Array.of(1).buffer);
      checked(setsockoptCall(fd, SOL_SOCKET, SO_REUSEADDR, on, on.length), 'setsockopt');
    }
    checked(bindCall(fd, bytes, bytes.length), 'bind');
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Lets clients connect.
 *
 * @param backlog how many may wait to be accepted; `undefined`: as many as the system allows
 * @throws {SystemError}
 */
export function listen(fd: number, backlog: number | undefined): void {
  checked(listenCall(fd, backlog ?? longestBacklog), 'listen');
}

export type UnixSocketType = keyof typeof unixTypes;

/** A new unix socket, which never waits and is closed on exec. @throws {SystemError} `EMFILE` and the like */
export function openUnixSocket(type: UnixSocketType): number {
  return checked(socketCall(AF_UNIX, unixTypes[type] | SOCK_NONBLOCK | O_CLOEXEC, 0), 'socket');
}

/** Connects a socket. Answers 0 or a negated errno; `-EPROTOTYPE`: the other end is of another type. */
export function connectSocket(fd: number, { bytes }: SocketAddress): number {
  return connectCall(fd, bytes, bytes.length);
}

/**
 * Whether a process has the socket that this file stands for. Asked with a socket of another type: that is
 * refused for its type if there is one, so that no server gets to see a connection.
 *
 * @throws {SystemError} `EACCES` and the like: nobody can tell
 */
export function isUnixSocketInUse(address: SocketAddress): boolean {
  const { ECONNREFUSED, ENOENT, EPROTOTYPE } = constants.errno;
  const fd = openUnixSocket('datagram');
  try {
    const result = connectSocket(fd, address);
    if (result === -ECONNREFUSED || result === -ENOENT) return false;
    if (result !== -EPROTOTYPE) checked(result, 'connect');
    return true;
  } finally {
    closeSync(fd);
  }
}
