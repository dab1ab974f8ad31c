/** Asking the version of the program that is installed now whether it could go on for this one. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
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

/** What is asked, and for how long. */
export interface Question {
  /** Of the daemon that asks. */
  readonly runtimeDirectory: string;
  /** How long an answer may take; by default 30 seconds. */
  readonly longestAnswerMs?: number;
}

/** A version that could go on. */
export interface NewVersion {
  readonly version: string;
  /**
   * What to execute, to be followed by the path of the launcher and its words. The launcher is a shell, which
   * would reap programs that end while it runs, and keep their exit statuses for itself.
   */
  readonly command: readonly [path: string, ...words: string[]];
}

/** What a version answers of itself. */
export function answerOf({ version, command }: NewVersion): string {
  return JSON.stringify({ version, command });
}

/**
 * Has the installed version read the configuration and the state, and nothing more.
 *
 * @throws {UpgradeError} it cannot go on, in its own words
 */
export async function askNewVersion(
  { path, words, cwd }: Launcher,
  { runtimeDirectory, longestAnswerMs = 30_000 }: Question,
): Promise<NewVersion> {
  checkExecutable(path);
  if (!existsSync(cwd)) throw new UpgradeError(`${cwd}, where supervisord was started, is gone`);
  const question = [...words, '--check-upgrade', runtimeDirectory];
  const options = { cwd, timeout: longestAnswerMs, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
  const answer = await new Promise<string>((resolve, reject) => {
    execFile(path, question, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new UpgradeError(reasonOf(path, error, stderr), { cause: error }));
    });
  });
  const newVersion = readAnswer(answer);
  if (newVersion !== undefined) return newVersion;
  throw new UpgradeError(`${path} answers something else: ${JSON.stringify(answer.slice(0, 80))}`);
}

function readAnswer(text: string): NewVersion | undefined {
  let answer: Partial<Record<keyof NewVersion, unknown>>;
  try {
    answer = Object(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { version, command } = answer;
  if (typeof version !== 'string' || !Array.isArray(command)) return undefined;
  const [path, ...words] = command;
  if (![path, ...words].every((word) => typeof word === 'string')) return undefined;
  return { version, command: [path, ...words] };
}

function checkExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new UpgradeError(`cannot execute ${path}: ${errorCode(cause)}`, { cause });
  }
}

function reasonOf(path: string, error: Error & { killed?: boolean; code?: unknown }, stderr: string): string {
  if (error.killed) return `${path} does not answer`;
  const said = stderr.split('\n').find((line) => line.trim() !== '');
  if (said !== undefined) return said;
  return typeof error.code === 'string'
    ? `cannot execute ${path}: ${error.code}`
    : `${path} fails, and does not say why`;
}
