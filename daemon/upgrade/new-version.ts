/** Asking the version of the program that is installed now whether it could go on for this one. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { errorCode } from '../../conf/error-code.ts';

/** The command that started the daemon, as it is to be started again. */
export interface Launcher {
  /** Absolute, links not resolved: they may lead to the new version. */
  readonly path: string;
  /** The words that follow it. */
  readonly words: readonly string[];
  /** The directory in which those mean what they mean. */
  readonly cwd: string;
}

/** It cannot go on. The message says why. */
export class UpgradeError extends Error {
  override readonly name = 'UpgradeError';
}

const longestAnswerMs = 30_000;

/**
 * Has the installed version read the configuration and the state, and nothing more.
 *
 * @returns its version
 * @throws {UpgradeError} it cannot, in its own words
 */
export async function askNewVersion(
  { path, words, cwd }: Launcher,
  runtimeDirectory: string,
): Promise<string> {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new UpgradeError(`cannot execute ${path}: ${errorCode(cause)}`, { cause });
  }
  const options = { cwd, timeout: longestAnswerMs, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
  return await new Promise((resolve, reject) => {
    const question = [...words, '--check-upgrade', runtimeDirectory];
    execFile(path, question, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new UpgradeError(firstLine(stderr) ?? error.message, { cause: error }));
    });
  });
}

function firstLine(text: string): string | undefined {
  return text.split('\n').find((line) => line.trim() !== '');
}
