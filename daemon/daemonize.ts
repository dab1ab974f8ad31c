/**
 * Becoming a daemon. Node cannot fork, so the command starts itself a second time in a session of its own
 * and waits until that process is ready: an error at start-up reaches the terminal, and the command's exit
 * status says whether a daemon is running.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { argv, env, execArgv, execPath, pid } from 'node:process';
import { Readable } from 'node:stream';

/** In it the launcher passes the soft limit on open files, which Node changes. */
export const softNofileVariable = 'SUPERVISORD_SOFT_NOFILE';
/** Set in the environment of the second process to a {@link Starter} as JSON, and removed there at once. */
export const daemonizingVariable = 'SUPERVISORD_DAEMONIZING';

/** The process that started this one by {@link startDaemonized}, and waits for it. */
export interface Starter {
  readonly pid: number;
  /** The descriptor on which it waits to hear that the daemon is ready. */
  readonly readiness: number;
  /** The descriptors that it was started with itself, and has handed on. */
  readonly inherited: readonly number[];
}

/** Forgets the starter, too: children must not see it. `undefined`: this process was started otherwise. */
export function takeStarter(): Starter | undefined {
  const starter = env[daemonizingVariable];
  delete env[daemonizingVariable];
  return starter === undefined ? undefined : (JSON.parse(starter) as Starter);
}

/**
 * Starts this command again as a daemon.
 *
 * @param inherited the descriptors that this process was started with: logs may name them
 * @returns the exit status for this process: 0 once the daemon is ready, else that with which it gave up
 */
export function startDaemonized(
  softNofile: string | undefined,
  inherited: ReadonlySet<number>,
): Promise<number> {
  const readiness = Math.max(2, ...inherited) + 1;
  const starter: Starter = { pid, readiness, inherited: [...inherited] };
  const environment: NodeJS.ProcessEnv = { ...env, [daemonizingVariable]: JSON.stringify(starter) };
  if (softNofile !== undefined) environment[softNofileVariable] = softNofile;
  const handedOn = Array.from({ length: readiness }, (_, fd) =>
    fd <= 2 || inherited.has(fd) ? fd : 'ignore',
  );
  return new Promise((resolve) => {
    const daemon = spawn(execPath, [...execArgv, ...argv.slice(1)], {
      detached: true,
      stdio: [...handedOn, 'pipe'],
      env: environment,
    });
    daemon.on('error', (error) => {
      console.error(`Error: Cannot start the daemon process: ${error.message}`);
      resolve(1);
    });
    daemon.on('exit', (code) => resolve(code ?? 1));
    // The type knows the first five only.
    const pipes: readonly unknown[] = daemon.stdio;
    const pipe = pipes[readiness];
    if (!(pipe instanceof Readable)) throw new Error('The pipe to the daemon process is missing');
    pipe.on('data', () => {
      daemon.unref();
      resolve(0);
    });
  });
}

/**
 * Leaves the terminal: points the standard descriptors at `/dev/null`.
 *
 * @param duplicate `dup2`, which Node lacks
 * @returns tells the starting process that the daemon is ready, and so lets it go
 */
export function detachFromStarter(
  { readiness }: Starter,
  duplicate: (from: number, to: number) => void,
): () => void {
  const sink = openSync('/dev/null', 'r+');
  for (const descriptor of [0, 1, 2]) duplicate(sink, descriptor);
  if (sink > 2) closeSync(sink);
  return () => {
    try {
      writeSync(readiness, 'ready');
    } catch {
      // Somebody has ended it. The daemon is up all the same.
    }
    closeSync(readiness);
  };
}
