import process from 'node:process';
import { describe } from '@jest/globals';

/** A `describe` for what only root can do. For others the tests are skipped, with the reason in their name. */
export function describeAsRoot(name: string, tests: () => void): void {
  if (process.getuid?.() === 0) describe(name, tests);
  else describe.skip(`${name} (needs root)`, tests);
}
