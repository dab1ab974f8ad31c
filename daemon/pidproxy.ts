/**
 * `pidproxy PIDFILE COMMAND [ARG…]`: runs a command that puts the real service in the background, and
 * forwards the signals it is sent to the pid in that service's file.
 *
 * The status is always 0, as configurations written for supervisord's pidproxy expect.
 *
 * @see supervisor/pidproxy.py
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process, { argv, exit, kill, stdout } from 'node:process';

const forwarded = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT'] as const;

/** After one of these the proxy itself ends, without waiting for the service. */
const ending: ReadonlySet<NodeJS.Signals> = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT']);

main(argv[2] ?? 'pidproxy', argv.slice(3));

function main(name: string, [pidfile, command, ...args]: string[]): void {
  if (pidfile === undefined || command === undefined) {
    stdout.write(
      `Runs a command and passes the signals it receives on to the process whose pid a file holds.\n\nUsage: ${name} <pidfile name> <command> [<cmdarg1> ...]\n`,
    );
    exit(1);
  }
  for (const signal of forwarded) {
    process.on(signal, () => {
      forward(pidfile, signal);
      if (ending.has(signal)) exit(0);
    });
  }
  const child = spawn(resolve(command), args, { argv0: command, stdio: 'inherit' });
  child.on('error', (error) => {
    stdout.write(`Can't run ${command}: ${error.message}\n`);
    exit(127);
  });
  child.on('exit', () => exit(0));
}

/** Reads the file anew for each signal: the service may have been replaced. */
function forward(pidfile: string, signal: NodeJS.Signals): void {
  const pid = readPid(pidfile);
  if (pid === undefined) {
    stdout.write(`Can't read child pidfile ${pidfile}!\n`);
    return;
  }
  try {
    kill(pid, signal);
  } catch (error) {
    stdout.write(`Can't signal process ${pid}: ${error instanceof Error ? error.message : error}\n`);
  }
}

function readPid(pidfile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidfile, 'latin1').trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
