import { it } from '@jest/globals';

/**
 * An `it` for a test that needs something of the kernel which no package brings, such as a file system that can be
 * mounted. Where it is lacking the test is skipped, also where no test may skip for want of a package: its name says why.
 *
 * @param lacking what this machine lacks; `undefined`: nothing
 */
export function itWhereKernelCan(
  lacking: string | undefined,
  name: string,
  test: () => void | Promise<void>,
): void {
  if (lacking === undefined) it(name, test);
  else it.skip(`${name} (this machine lacks ${lacking})`, test);
}
