/** Giving memory back to the system. */
import { readFileSync } from 'node:fs';
import { intCall, optionalIntCall } from './call.ts';

const MADV_DONTNEED = 4;
const madviseCall = intCall('madvise', ['uintptr_t', 'size_t', 'int']);
// A GNU extension; other C libraries give memory back by themselves.
const mallocTrimCall = optionalIntCall('malloc_trim', ['size_t']);

/** Gives memory that the C library has free, and keeps, back to the system. */
export function releaseFreeMemory(): void {
  mallocTrimCall?.(0);
}

/** Addresses of a mapping. */
export interface Mapping {
  readonly start: number;
  readonly end: number;
}

/**
 * The parts of the program and its libraries that are the same in memory as in their files. What the loader has
 * written to in a mapping that is read-only since is in no file: such a mapping is not among them.
 *
 * @throws an error with `code`: the system does not tell
 */
export function programMappings(): Mapping[] {
  const mappings: Mapping[] = [];
  let found: RegExpExecArray | null = null;
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    // A mapping has one line with its address, and then one for each of its figures.
    if (/^[0-9a-f]+-/.test(line)) found = /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p .* \//.exec(line);
    else if (found !== null && /^Anonymous: +0 kB/.test(line)) {
      const [, start = '', end = ''] = found;
      mappings.push({ start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) });
    }
  }
  return mappings;
}

/**
 * Lets go of the pages of these mappings. They stay in the page cache, where other processes have them, too, and are
 * mapped again as they are needed.
 */
export function releasePages(mappings: readonly Mapping[]): void {
  for (const { start, end } of mappings) madviseCall(start, end - start, MADV_DONTNEED);
}
