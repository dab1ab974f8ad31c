/** Readers of paths. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidValue } from './invalid-value.ts';
import { strip } from './python-text.ts';
import type { ReadContext, Reader } from './reader.ts';
import type { Logfile } from './settings.ts';

/** What `~` needs to be understood. */
export type HomeContext = Pick<ReadContext, 'env' | 'uid' | 'users'>;

/** Replaces `~` or `~user` in front by a home directory; an unknown user leaves the path as it is. */
export function expandHome(path: string, { env, uid, users }: HomeContext): string {
  if (!path.startsWith('~')) return path;
  const slash = path.indexOf('/');
  const end = slash < 0 ? path.length : slash;
  const user = path.slice(1, end);
  let home: string | undefined;
  if (user === '') {
    const own = users.userByUid(uid);
    home = env.get('HOME') ?? (own && users.homeOf(own.name));
  } else {
    home = users.homeOf(user);
  }
  if (home === undefined) return path;
  return home.replace(/\/+$/, '') + path.slice(end) || '/';
}

/** Makes a path absolute: `~`, then the working directory, then `.` and `..`. */
export function absolutePath(path: string, context: HomeContext & Pick<ReadContext, 'cwd'>): string {
  return resolve(context.cwd, expandHome(path, context));
}

function isDirectory(path: string, { cwd }: ReadContext): boolean {
  // A path with a NUL byte is refused by an exception whatever `throwIfNoEntry` says.
  if (path.includes('\0')) return false;
  try {
    return statSync(resolve(cwd, path)).isDirectory();
  } catch {
    return false;
  }
}

/** A directory that exists now. */
export const existingDirectory: Reader<string> = {
  type: 'existing directory',
  read(text, context) {
    const path = expandHome(text, context);
    if (path !== '' && isDirectory(path, context)) return path;
    throw new InvalidValue(`${text} is not an existing directory`);
  },
};

/** A path in a directory that exists now; a bare file name always passes. */
export const existingDirpath: Reader<string> = {
  type: 'existing dirpath',
  read(text, context) {
    const path = expandHome(text, context);
    const slash = path.lastIndexOf('/');
    if (slash < 0 || isDirectory(path.slice(0, slash + 1), context)) return path;
    throw new InvalidValue(`The directory named as part of the path ${text} does not exist`);
  },
};

/** `stdout_logfile` or `stderr_logfile`; `syslog` is the old way to say `stdout_syslog=true`. */
export const logfile: Reader<Logfile | { readonly type: 'syslog' }> = {
  type: 'log file name',
  read(text, context) {
    switch (text.toLowerCase()) {
      case '':
      case 'none':
      case 'off':
        return { type: 'NONE' };
      case 'auto':
        return { type: 'AUTO' };
      case 'syslog':
        return { type: 'syslog' };
      default:
        return { type: 'file', path: existingDirpath.read(text, context) };
    }
  },
};

/** Main `logfile`: only the exact word `syslog` is special. */
export const mainLogfile: Reader<string> = {
  type: 'existing dirpath or `syslog`',
  read: (text, context) => (text === 'syslog' ? text : existingDirpath.read(text, context)),
};

/** Path of a socket, made absolute. */
export const socketPath: Reader<string> = {
  type: 'path',
  read: (text, context) => absolutePath(strip(text), context),
};
