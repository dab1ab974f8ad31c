/** The sending end of unix sockets. Node has none for datagrams. */
import { checked, intCall } from './call.ts';

const socketCall = intCall('socket', ['int', 'int', 'int']);
const connectCall = intCall('connect', ['int', 'void *', 'uint32_t']);
const AF_UNIX = 1;
const types = { stream: 1, datagram: 2 } as const;
const [SOCK_NONBLOCK, SOCK_CLOEXEC] = [0o4000, 0o2000000];
/** `sun_path` with the NUL at its end. */
const maxPathBytes = 108;

export type LocalSocketType = keyof typeof types;

/** A new socket, which never waits and is closed on exec. @throws {SystemError} `EMFILE` and the like */
export function openLocalSocket(type: LocalSocketType): number {
  return checked(socketCall(AF_UNIX, types[type] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket');
}

/**
 * Connects to the socket at `path`. Answers 0 or a negated errno; `-EPROTOTYPE`: it is of another type.
 *
 * @throws {RangeError} the path is longer than 107 bytes
 */
export function connectLocalSocket(fd: number, path: string): number {
  const address = localAddress(path);
  return connectCall(fd, address, address.length);
}

/** `struct sockaddr_un`, as far as it is used. @throws {RangeError} the path is longer than 107 bytes */
export function localAddress(path: string): Buffer {
  const bytes = Buffer.from(`${path}\0`);
  if (bytes.length > maxPathBytes) throw new RangeError(`AF_UNIX path too long: "${path}"`);
  const address = Buffer.alloc(2 + bytes.length);
  address.writeUInt16LE(AF_UNIX, 0);
  bytes.copy(address, 2);
  return address;
}
