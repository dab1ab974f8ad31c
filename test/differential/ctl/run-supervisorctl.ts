import { join } from 'node:path';
import { execa } from 'execa';
import { bins, type CtlResult, compileCache, type Implementation } from '../../support/daemons.ts';

/** Runs a supervisorctl that has no daemon, and returns what it printed, as it printed it. */
export async function runSupervisorctl(
  implementation: Implementation,
  args: readonly string[],
): Promise<CtlResult> {
  const { stdout, stderr, exitCode } = await execa(join(bins[implementation], 'supervisorctl'), args, {
    input: '',
    env: compileCache,
    reject: false,
    stripFinalNewline: false,
    timeout: 60_000,
  });
  return { stdout, stderr, exitCode: exitCode ?? -1 };
}
