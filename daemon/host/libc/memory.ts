/** Giving memory back to the system. */
import { readFileSync } from 'node:fs';
import { intCall, optionalIntCall } from './call.ts';

const MADV_DONTNEED = 4;
const madviseCall = intCall('madvise', ['uintptr_t', 'size_t', 'int']);
const M_ARENA_MAX = -8;
const M_TRIM_THRESHOLD = -1;
// GNU extensions; other C libraries have one arena, and give memory back by themselves.
const malloptCall = optionalIntCall('mallopt', ['int', 'int']);
const mallocTrimCall = optionalIntCall('malloc_trim', ['size_t']);

/**
 * As the C library has it by itself, as long as nothing large has been freed. From then on it would be twice that, and a
 * thread that was there before {@link shareFreeMemory} keeps as much at the end of its own, where `malloc_trim` does not look.
 */
const keptBytes = 128 * 1024;

/** Has threads that are still to need memory share what there is, where each would keep some for itself. */
export function shareFreeMemory(): void {
  malloptCall?.(M_ARENA_MAX, 1);
  malloptCall?.(M_TRIM_THRESHOLD, keptBytes);
}

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
 * written to in a mapping that is read-only since is in no file, but in memory or swapped out: such a mapping is not
 * among them.
 *
 * @throws an error with `code`: the system does not tell
 */
export function programMappings(): Mapping[] {
  const mappings = mappingsOfFiles(readFileSync('/proc/self/smaps', 'latin1'));
  // V8 keeps the text of the last match, and with it the 120 KB that it is a part of.
  /^/.test('');
  return mappings;
}

/** @param smaps as in proc_pid_smaps(5) */
export function mappingsOfFiles(smaps: string): Mapping[] {
  const mappings: Mapping[] = [];
  let found: RegExpExecArray | null = null;
  let isWritten = false;
  for (const line of smaps.split('\n')) {
    // A mapping has one line with its address, then one for each of its figures, and last its flags.
    if (/^[0-9a-f]+-/.test(line)) {
      found = /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p .* \//.exec(line);
      isWritten = false;
    } else if (found === null) continue;
    else if (/^(?:Anonymous|Swap): +[1-9]/.test(line)) isWritten = true;
    // `ac`, accountable: it was writable once, wherever its pages are now.
    else if (line.startsWith('VmFlags:') && !isWritten && !/ ac\b/.test(line)) {
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
