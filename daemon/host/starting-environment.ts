import { readFileSync } from 'node:fs';
import type { Environment } from '../../conf/settings.ts';
import { decodeNative } from './native-text.ts';

/**
 * The environment that a process was started with, such as this one (`self`). Node's `process.env` has U+FFFD for every byte that is
 * not UTF-8; this has it as {@link decodeNative} gives it. Of a variable that comes twice the first counts,
 * as for `getenv`.
 */
export function startingEnvironment(pid: number | 'self'): Environment {
  const environment = new Map<string, string>();
  const bytes = readFileSync(`/proc/${pid}/environ`);
  for (let start = 0; start < bytes.length; ) {
    const nul = bytes.indexOf(0, start);
    const end = nul < 0 ? bytes.length : nul;
    const variable = decodeNative(bytes.subarray(start, end));
    const equals = variable.indexOf('=');
    const name = variable.slice(0, equals);
    if (equals > 0 && !environment.has(name)) environment.set(name, variable.slice(equals + 1));
    start = end + 1;
  }
  return environment;
}
