/** Random bytes from the kernel. `node:crypto` has them too, and takes 0.7 MB of memory to load. */
import { checked, sizeCall } from './call.ts';

const getrandomCall = sizeCall('getrandom', ['void *', 'size_t', 'unsigned int']);

/**
 * Bytes that nobody can guess.
 *
 * @param count 256 at most, which the kernel gives at once
 * @throws {SystemError}
 * @see getrandom(2)
 */
export function getrandom(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  checked(getrandomCall(bytes, count, 0), 'getrandom');
  return bytes;
}
