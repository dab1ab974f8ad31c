import { errorCode } from '../../conf/error-code.ts';

const absent: ReadonlySet<string> = new Set(['ENOENT', 'ESRCH', 'ENODEV', 'EACCES', 'EPERM', 'EOPNOTSUPP']);

/**
 * Reads something of a process that may be gone meanwhile, or that may be none of our business: `undefined` then.
 *
 * @throws what says nothing about the process, such as `EMFILE`: it must not be taken for gone
 */
export function glimpse<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (absent.has(errorCode(error))) return undefined;
    throw error;
  }
}
