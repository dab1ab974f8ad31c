import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { daemonConfiguration } from './daemon-configuration.ts';
import { type RunOptions, type RunResult, runSupervisord } from './run-supervisord.ts';
import { isAlive } from './supervised.ts';
import { waitFor } from './wait-for.ts';

/** A directory with a configuration, for daemons that go to the background. Disposing of it ends the daemon. */
export class BackgroundDaemon implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'supervisord-background-'));
  readonly configurationFile = join(this.dir, 'supervisord.conf');
  readonly socket = join(this.dir, 'supervisor.sock');
  readonly pidfile = join(this.dir, 'supervisord.pid');
  readonly logfile = join(this.dir, 'supervisord.log');

  constructor(configuration = '', supervisord = '') {
    writeFileSync(this.configurationFile, daemonConfiguration(this, { configuration, supervisord }));
  }

  /** Runs the command, which returns when the daemon is up, or has given up. */
  start(args: readonly string[] = [], options: Partial<RunOptions> = {}): Promise<RunResult> {
    return runSupervisord(['-c', this.configurationFile, ...args], { cwd: this.dir, ...options });
  }

  /** From the pidfile; `undefined` without one, or while it is being written. */
  get pid(): number | undefined {
    try {
      return Number(readFileSync(this.pidfile, 'utf8')) || undefined;
    } catch {
      return undefined;
    }
  }

  logText(): string {
    return readFileSync(this.logfile, 'utf8');
  }

  /** Ends the daemon and waits until it has gone. */
  async stop(): Promise<void> {
    const { pid } = this;
    if (pid === undefined || !isAlive(pid)) return;
    kill(pid, 'SIGTERM');
    await waitFor(() => !isAlive(pid), { what: 'the daemon to end' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
