/**
 * Listening sockets for programs, opened and closed.
 *
 * A unix socket gets its owner and mode between bind and listen, while nobody can connect. They are set
 * through a descriptor of its file: the directory may belong to the program's user, who could put a link to
 * some other file in its place meanwhile.
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { errorCode } from '../../conf/error-code.ts';
import type { FcgiAddress, FcgiSocketSettings } from '../../conf/settings.ts';
import { duplicateOf, openPidfd } from './libc/pidfd.ts';
import {
  bindStream,
  isUnixSocketInUse,
  listen,
  lookUpTcp,
  type SocketAddress,
  unixAddress,
} from './libc/sockets.ts';
import { encodeNative } from './native-text.ts';

/** The reason why a socket cannot be opened, in a few words. */
export class ListeningSocketError extends Error {
  override readonly name = 'ListeningSocketError';
}

/** An open socket. */
export interface ListeningSocket {
  /** Closed on exec. Who accepts on it waits. */
  readonly fd: number;
  /** Removes the file of a unix socket, unless it has become somebody else's. @throws an error with `code` */
  close(): void;
  /** Leaves the file to those who go on with the socket. */
  leave(): void;
}

/**
 * What to bind to. The name of a host is looked up, which may take as long as the name service does.
 *
 * @throws {ListeningSocketError}
 */
export function socketAddress(address: FcgiAddress): SocketAddress {
  if (address.type === 'unix') return orReason(() => unixAddress(encodeNative(address.path)));
  const lookup = lookUpTcp(address.host, address.port);
  if (lookup.type === 'not-found') throw new ListeningSocketError(lookup.reason);
  return lookup.address;
}

/**
 * Opens a socket. The file that a dead server left is replaced, any other is left alone.
 *
 * @param address what {@link socketAddress} found
 * @throws {ListeningSocketError}
 */
export function openListeningSocket(settings: FcgiSocketSettings, address: SocketAddress): ListeningSocket {
  return orReason(() => {
    using opened = new DisposableStack();
    const path = settings.address.type === 'unix' ? encodeNative(settings.address.path) : undefined;
    if (path !== undefined) removeStale(path, address);
    const fd = bindStream(address);
    opened.defer(() => closeSync(fd));
    if (path !== undefined) {
      using file = openSocketFile(path);
      const { stats } = file;
      // Before the socket is closed: as long as it is open, no other file can have its inode.
      opened.defer(() => unlinkIfSame(path, stats));
      setAccess(file, settings);
    }
    listen(fd, settings.backlog);
    const open = opened.move();
    return { fd, close: () => open.dispose(), leave: () => closeSync(fd) };
  });
}

/**
 * Goes on with the socket that a process has as its standard input.
 *
 * @throws {ListeningSocketError} it cannot be had
 */
export function adoptListeningSocket({ address }: FcgiSocketSettings, pid: number): ListeningSocket {
  return orReason(() => {
    using opened = new DisposableStack();
    const pidfd = openPidfd(pid);
    if (pidfd === undefined) throw new ListeningSocketError('ESRCH');
    opened.defer(() => closeSync(pidfd));
    const fd = duplicateOf(pidfd, 0);
    if (!fstatSync(fd).isSocket()) {
      closeSync(fd);
      throw new ListeningSocketError('its standard input is no socket');
    }
    const path = address.type === 'unix' ? encodeNative(address.path) : undefined;
    const found = path && lstatSync(path, { throwIfNoEntry: false });
    const close = () => {
      if (path !== undefined && found?.isSocket()) unlinkIfSame(path, found);
      closeSync(fd);
    };
    return { fd, close, leave: () => closeSync(fd) };
  });
}

/** Words for what a system call threw. */
function orReason<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ListeningSocketError) throw error;
    throw new ListeningSocketError(errorCode(error), { cause: error });
  }
}

/** @throws {ListeningSocketError} there is a file, and it is no stale socket */
function removeStale(path: Buffer, address: SocketAddress): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new ListeningSocketError(noSocket);
  if (isUnixSocketInUse(address)) throw new ListeningSocketError('another program is using it');
  unlinkIfSame(path, found);
}

const noSocket = 'the file is no socket';

function unlinkIfSame(path: Buffer, expected: Stats): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.ino === expected.ino && found.dev === expected.dev) unlinkSync(path);
}

/** The file of a socket itself, whatever its path leads to later. */
interface SocketFile extends Disposable {
  /** Follows the descriptor, not the name. */
  readonly path: string;
  readonly stats: Stats;
}

function openSocketFile(path: Buffer): SocketFile {
  const O_PATH = 0o10000000;
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  const stats = fstatSync(fd);
  const file = { path: `/proc/self/fd/${fd}`, stats, [Symbol.dispose]: () => closeSync(fd) };
  if (stats.isSocket()) return file;
  closeSync(fd);
  throw new ListeningSocketError(noSocket);
}

function setAccess(file: SocketFile, { owner, mode }: FcgiSocketSettings): void {
  const attempt = (what: string, change: () => void): void => {
    try {
      change();
    } catch (error) {
      throw new ListeningSocketError(`Could not change ${what} of socket file: ${errorCode(error)}`, {
        cause: error,
      });
    }
  };
  if (owner !== undefined) {
    attempt('ownership', () => chownSync(file.path, owner.uid ?? -1, owner.gid ?? -1));
  }
  if (mode !== undefined) attempt('permissions', () => chmodSync(file.path, mode));
}
