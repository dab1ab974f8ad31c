import { optionalIntCall } from './call.ts';

// A GNU extension; other C libraries give memory back by themselves.
const mallocTrimCall = optionalIntCall('malloc_trim', ['size_t']);

/** Gives memory that the C library has free, and keeps, back to the system. */
export function releaseFreeMemory(): void {
  mallocTrimCall?.(0);
}
