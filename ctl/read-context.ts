import process from 'node:process';
import type { ReadContext } from '../conf/reader.ts';
import { passwdUsers } from './users.ts';

/** What the meaning of values depends on beside files: this process. */
export function readContext(): ReadContext {
  const env = Object.entries(process.env).map(([name, value = '']): [string, string] => [name, value]);
  return { env: new Map(env), cwd: process.cwd(), uid: process.getuid?.() ?? 0, users: passwdUsers };
}
