/** `password_file`: a password that is kept out of the configuration. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { decodeUtf8 } from './encoding.ts';
import { errorCode } from './error-code.ts';
import { InvalidValue } from './invalid-value.ts';
import { expandHome, type HomeContext } from './paths.ts';

export interface PasswordFile {
  /** Absolute. */
  readonly path: string;
  /** The first line, without its end. */
  readonly password: string;
  /** Permission bits, if they let others than those concerned read it. */
  readonly looseMode: number | undefined;
}

/** Nobody's password is longer; what is, is the wrong file. */
const maxBytes = 64 * 1024;

/**
 * Reads a password file. Only its owner may be able to read it; a group may, if root owns it.
 *
 * @param text the path as written, expanded
 * @param here where a relative one starts: the directory of the file that names it
 * @throws {InvalidValue} it cannot be read, or holds no password
 */
export function readPasswordFile(
  text: string,
  { here, home }: { readonly here: string; readonly home: HomeContext },
): PasswordFile {
  const path = resolve(here, expandHome(text, home));
  const { bytes, mode, uid } = readRegularFile(path);
  const decoded = decodeUtf8(bytes);
  if (decoded.type === 'invalid') throw new InvalidValue(`the password file is no text: ${decoded.text}`);
  const [password = ''] = /^[^\r\n]*/.exec(decoded.text) ?? [];
  if (password === '') throw new InvalidValue('the first line of the password file is empty');
  const loose = uid === 0 ? mode & 0o027 : mode & 0o077;
  return { path, password, looseMode: loose === 0 ? undefined : mode };
}

function readRegularFile(path: string): { bytes: Uint8Array; mode: number; uid: number } {
  let descriptor: number;
  try {
    // A FIFO would keep the opener waiting.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new InvalidValue(`cannot read the password file: ${errorCode(error)}`);
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new InvalidValue('the password file is not a regular file');
    if (status.size > maxBytes) throw new InvalidValue(`the password file is larger than ${maxBytes} bytes`);
    return { bytes: readFileSync(descriptor), mode: status.mode & 0o777, uid: status.uid };
  } finally {
    closeSync(descriptor);
  }
}
