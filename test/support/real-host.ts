import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import type { ChannelSettings, ProcessSettings } from '../../conf/settings.ts';
import type { ChildExit, ChildHandle, ExitStatus } from '../../daemon/host/host.ts';
import { closeInheritedOnExec } from '../../daemon/host/inherited-descriptors.ts';
import { LinuxHost, type LinuxHostOptions } from '../../daemon/host/linux-host.ts';
import type { SignalSource } from '../../daemon/host/reaper.ts';
import { processSettings } from './process-settings.ts';
import { waitFor } from './wait-for.ts';

/** Jest gives tests a copy of `process` that no signal reaches; this is the real one. */
export const realProcess = runInThisContext('process') as NodeJS.Process & SignalSource;

/** Path of a program in `test/fixtures/programs`. */
export function program(name: string): string {
  return join(import.meta.dirname, '../fixtures/programs', name);
}

/**
 * A host in a temporary directory, with a record of what it logged and whom it reaped. One at a time: each
 * reaps all children of this process.
 */
export class RealHost {
  readonly directory = mkdtempSync(join(tmpdir(), 'supervisord-host-'));
  readonly exits: ChildExit[] = [];
  readonly log: string[] = [];
  readonly host: LinuxHost;
  readonly #handles = new Set<ChildHandle>();

  constructor(options: Partial<LinuxHostOptions> = {}) {
    this.host = new LinuxHost({
      runtimeDirectory: join(this.directory, 'run'),
      environment: new Map([['PATH', '/usr/bin:/bin']]),
      serverUrl: undefined,
      childlogdir: this.directory,
      identifier: 'supervisor',
      stripAnsi: false,
      debugOutput: false,
      childNofile: undefined,
      inheritedDescriptors: closeInheritedOnExec(),
      log: (level, text) => this.log.push(`${level} ${text}`),
      signals: realProcess,
      ...options,
    });
    this.host.onExit((exit) => this.exits.push(exit));
  }

  /** Path in the directory of this host. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** A channel that logs to a file of this name. */
  channel(name: string, changes: Partial<ChannelSettings> = {}): ChannelSettings {
    const logfile = { type: 'file', path: name.startsWith('/') ? name : this.path(name) } as const;
    return { ...processSettings().stdout, logfile, ...changes };
  }

  /** A handle whose stdout goes to `out` and whose stderr goes to `err`. */
  prepare(command: string, changes: Partial<ProcessSettings> = {}): ChildHandle {
    const channels = { stdout: this.channel('out'), stderr: this.channel('err') };
    const handle = this.host.prepareChild(processSettings({ command, ...channels, ...changes }));
    this.#handles.add(handle);
    return handle;
  }

  /** Starts a child that must start. */
  start(handle: ChildHandle): number {
    const result = handle.spawn();
    if (result.type === 'failed') throw new Error(result.reason);
    return result.pid;
  }

  /** Waits for the end of a child. */
  async exitOf(pid: number): Promise<ExitStatus> {
    const find = () => this.exits.find((exit) => exit.pid === pid);
    await waitFor(() => find() !== undefined, { what: `exit of ${pid}` });
    const exit = find();
    if (exit === undefined) throw new Error('unreachable');
    return exit.status;
  }

  /** Runs a command to its end. */
  async run(command: string, changes: Partial<ProcessSettings> = {}): Promise<ExitStatus> {
    const handle = this.prepare(command, changes);
    const status = await this.exitOf(this.start(handle));
    handle.finish();
    this.dispose(handle);
    return status;
  }

  /** Disposes of a handle; two for the same process must not be there at once. */
  dispose(handle: ChildHandle): void {
    this.#handles.delete(handle);
    handle.dispose();
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  async close(): Promise<void> {
    for (const handle of this.#handles) handle.dispose();
    this.#handles.clear();
    this.host.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Whether a process is gone, or waits to be reaped. */
export function hasEnded(pid: number | undefined): boolean {
  try {
    return /^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** Number of descriptors this process has open. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

export const isRoot = realProcess.getuid?.() === 0;
