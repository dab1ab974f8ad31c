/**
 * Becoming a daemon. Node cannot fork, so the command starts itself a second time in a session of its own
 * and waits until that process is ready: an error at start-up reaches the terminal, and the command's exit
 * status says whether a daemon is running.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { argv, env, execArgv, execPath, pid } from 'node:process';

/** Set in the environment of the second process to the pid of the first, and removed there at once. */
export const daemonizingVariable = 'SUPERVISORD_DAEMONIZING';

/** The descriptor on which the second process says that it is ready. */
const readinessDescriptor = 3;

/**
 * The process that started this one by {@link startDaemonized} and waits for it; `undefined`: this one was
 * started otherwise. Forgets it: children must not see it.
 */
export function takeStarter(): number | undefined {
  const starter = env[daemonizingVariable];
  delete env[daemonizingVariable];
  return starter === undefined ? undefined : Number(starter);
}

/**
 * Starts this command again as a daemon.
 *
 * @returns the exit status for this process: 0 once the daemon is ready, else that with which it gave up
 */
export function startDaemonized(softNofile: string | undefined): Promise<number> {
  const environment: NodeJS.ProcessEnv = { ...env, [daemonizingVariable]: String(pid) };
  if (softNofile !== undefined) environment['SUPERVISORD_SOFT_NOFILE'] = softNofile;
  return new Promise((resolve) => {
    const daemon = spawn(execPath, [...execArgv, ...argv.slice(1)], {
      detached: true,
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: environment,
    });
    daemon.on('error', (error) => {
      console.error(`Error: Cannot start the daemon process: ${error.message}`);
      resolve(1);
    });
    daemon.on('exit', (code) => resolve(code ?? 1));
    daemon.stdio[readinessDescriptor]?.on('data', () => {
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
export function detachFromStarter(duplicate: (from: number, to: number) => void): () => void {
  const sink = openSync('/dev/null', 'r+');
  for (const descriptor of [0, 1, 2]) duplicate(sink, descriptor);
  if (sink > 2) closeSync(sink);
  return () => {
    try {
      writeSync(readinessDescriptor, 'ready');
    } catch {
      // Somebody has ended it. The daemon is up all the same.
    }
    closeSync(readinessDescriptor);
  };
}
