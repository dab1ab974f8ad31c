import { resolve } from 'node:path';
import { env } from 'node:process';
import { execa } from 'execa';

export interface RunOptions {
  readonly cwd: string;
  /** Words in front of the command that end in its execution. */
  readonly prefix?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The command as it is called; by default that of this checkout. */
  readonly command?: string;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Directory of our commands; the benchmarks point it at a bundle. */
export const bin = env['SUPERVISORD_TEST_BIN'] ?? resolve('bin');

/** Runs a `supervisord` that does not stay: one that fails, goes to the background or only prints. */
export async function runSupervisord(args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { cwd, prefix = [], environment = {}, command = `${bin}/supervisord` } = options;
  const [first = '', ...words] = [...prefix, command, ...args];
  const { stdout, stderr, exitCode } = await execa(first, words, {
    cwd,
    env: environment,
    reject: false,
    stdin: 'ignore',
    timeout: 60_000,
  });
  return { stdout, stderr, exitCode: exitCode ?? -1 };
}
