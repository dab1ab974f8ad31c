import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { execa } from 'execa';
import type { CtlResult, Implementation } from '../../support/daemons.ts';

const bins: { readonly [I in Implementation]: string } = {
  real: '/usr/bin',
  ours: env['SUPERVISORD_TEST_BIN'] ?? resolve('bin'),
};

/** Runs a supervisorctl that has no daemon, and returns what it printed, as it printed it. */
export async function runSupervisorctl(
  implementation: Implementation,
  args: readonly string[],
): Promise<CtlResult> {
  const { stdout, stderr, exitCode } = await execa(join(bins[implementation], 'supervisorctl'), args, {
    input: '',
    reject: false,
    stripFinalNewline: false,
    timeout: 60_000,
  });
  return { stdout, stderr, exitCode: exitCode ?? -1 };
}
