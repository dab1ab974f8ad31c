/**
 * Where the unix socket of a server comes from and goes to.
 *
 * The socket is made under a temporary name, with nobody but us admitted. Only when mode and owner are
 * right does it get its own name, by a link, which fails rather than replaces: so of two daemons that
 * start at once, one gets it.
 */
import { chmodSync, chownSync, linkSync, lstatSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { pid, umask } from 'node:process';
import { errorCode } from '../../conf/error-code.ts';
import type { HttpServerSettings } from '../../conf/settings.ts';
import { addressInUse, bindError, HttpServerError } from './http-server-error.ts';
import { listen } from './listen.ts';

export type UnixServerSettings = Extract<HttpServerSettings, { type: 'unix' }>;

export interface UnixSocketFile {
  /** Whether its name still leads to it. */
  isThere(): boolean;
  /** Removes the file, unless it has become somebody else's. */
  unlink(): void;
}

/**
 * Makes `server` listen on the unix socket. The file a dead server left is taken over.
 *
 * @param warn is told, in one line, that this happens
 * @throws {HttpServerError}
 */
export async function listenUnix(
  server: Server,
  settings: UnixServerSettings,
  warn: (line: string) => void,
): Promise<UnixSocketFile> {
  const { file, chmod } = settings;
  const temporary = `${file}.${pid}`;
  removeLeftover(temporary);
  checkPath(temporary);

  // Born without permissions for others: between bind and chmod anybody could connect.
  const before = umask(0o177);
  const listening = listen(server, { path: temporary });
  umask(before);
  await listening;

  try {
    chmodSync(temporary, chmod);
    giveTo(settings, temporary);
    await linkInPlace(temporary, file, warn);
    const ours = statSync(temporary);
    unlinkSync(temporary);
    return { isThere: () => isSame(file, ours), unlink: () => unlinkIfSame(file, ours) };
  } catch (error) {
    server.close();
    removeLeftover(temporary);
    throw error instanceof HttpServerError ? error : bindError(error);
  }
}

/** Makes `server` listen on a unix socket that listens already. @throws {HttpServerError} */
export async function listenHanded(
  server: Server,
  { file }: UnixServerSettings,
  fd: number,
): Promise<UnixSocketFile> {
  await listen(server, { fd });
  const ours = statSync(file, { throwIfNoEntry: false });
  return {
    isThere: () => ours !== undefined && isSame(file, ours),
    unlink: () => void (ours && unlinkIfSame(file, ours)),
  };
}

/** Bytes for a path in a `sockaddr_un`, less the one that ends it. */
const maxPathBytes = 107;

/** Finds out first what the runtime reports as something else: EINVAL, and EACCES where it is ENOENT. */
function checkPath(path: string): void {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new HttpServerError('Cannot open an HTTP server: socket.error reported AF_UNIX path too long');
  }
  try {
    statSync(dirname(path));
  } catch (error) {
    throw bindError(error);
  }
}

async function linkInPlace(temporary: string, file: string, warn: (line: string) => void): Promise<void> {
  for (;;) {
    try {
      linkSync(temporary, file);
      return;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      const found = lstatSync(file, { throwIfNoEntry: false });
      if (found === undefined) continue;
      // What is no socket was not left by a server, and is somebody's file.
      if (!found.isSocket()) throw error;
      if (await isListening(file)) throw addressInUse(error);
      warn(`Unlinking stale socket ${file}`);
      unlinkIfSame(file, found);
    }
  }
}

/** Whether connecting finds a server. Only a refusal says that there is none. */
function isListening(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(file);
    const finish = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', (error) =>
      finish(errorCode(error) !== 'ECONNREFUSED' && errorCode(error) !== 'ENOENT'),
    );
  });
}

function giveTo({ file, chown: { uid = -1, gid = -1 } }: UnixServerSettings, temporary: string): void {
  if (uid === -1 && gid === -1) return;
  try {
    chownSync(temporary, uid, gid);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
    throw new HttpServerError(
      `Not permitted to chown ${file} to uid/gid (${uid}, ${gid}); adjust "sockchown" value in config file or on command line to values that the current user (${userInfo().username}) can successfully chown`,
      { cause: error },
    );
  }
}

function isSame(file: string, expected: Stats): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found?.ino === expected.ino && found.dev === expected.dev;
}

function unlinkIfSame(file: string, expected: Stats): void {
  if (isSame(file, expected)) unlinkSync(file);
}

function removeLeftover(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw bindError(error);
  }
}
