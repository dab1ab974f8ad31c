/**
 * Real daemons for tests and benchmarks: ours and Debian's, each in a directory of its own, on a unix
 * socket there, in the foreground; driven through XML-RPC and through either supervisorctl.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { execa } from 'execa';
import { Client } from '../../ctl/client.ts';
import type { Encodable, XmlRpcValue } from '../../rpc/xmlrpc.ts';
import { daemonConfiguration } from './daemon-configuration.ts';
import { endLeftovers } from './leftovers.ts';
import { waitFor } from './wait-for.ts';

export type Implementation = 'real' | 'ours';

/** Directory of our commands; the benchmarks point it at a bundle. */
const ourBin = env['SUPERVISORD_TEST_BIN'] ?? resolve('bin');

/** Where the commands of each are. */
export const bins: { readonly [I in Implementation]: string } = { real: '/usr/bin', ours: ourBin };

/** Commands that run from the sources compile them once, and not each time. */
export const compileCache = { NODE_COMPILE_CACHE: resolve('node_modules/.cache/compile') };

export interface DaemonOptions {
  readonly implementation: Implementation;
  /** Sections beside those that every test daemon has; `%(here)s` is its directory. */
  readonly configuration: string;
  /** Further lines of `[supervisord]`. */
  readonly supervisord?: string;
  /** Further lines of `[unix_http_server]`, and of `[supervisorctl]` the same user and password. */
  readonly credentials?: string;
  /** Words after `-n -c FILE`. */
  readonly args?: readonly string[];
  /** The command as it is called; by default that of the implementation. */
  readonly command?: string;
  /** Words in front of the command that end in its execution, such as `setpriv --reuid=nobody`. */
  readonly prefix?: readonly string[];
  /** Variables beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds until it has to answer; by default 60,000. */
  readonly startLimit?: number;
}

export interface CtlResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

type DaemonProcess = ReturnType<typeof launch>;

/** A running daemon. Disposing of it ends it and its programs, and removes its directory. */
export class Daemon implements AsyncDisposable {
  readonly implementation: Implementation;
  readonly dir: string;
  readonly configurationFile: string;
  readonly #options: DaemonOptions;
  readonly #client: Client;
  #process: DaemonProcess | undefined;
  #output = '';

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.implementation = options.implementation;
    this.dir = mkdtempSync(join(tmpdir(), `supervisord-${options.implementation}-`));
    this.configurationFile = join(this.dir, 'supervisord.conf');
    this.#client = new Client(`unix://${this.socket}`, { username: undefined, password: undefined });
    this.configure(options.configuration);
  }

  get socket(): string {
    return join(this.dir, 'supervisor.sock');
  }

  get logfile(): string {
    return join(this.dir, 'supervisord.log');
  }

  get pidfile(): string {
    return join(this.dir, 'supervisord.pid');
  }

  /** Of the daemon itself. */
  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('The daemon is not running');
    return pid;
  }

  /** What it wrote on stdout and stderr so far. */
  get output(): string {
    return this.#output;
  }

  /** Replaces the program sections of the configuration file. */
  configure(configuration: string): void {
    writeFileSync(this.configurationFile, daemonConfiguration(this, { ...this.#options, configuration }));
  }

  /** Starts the process and waits until it answers, or has ended. */
  async start(): Promise<void> {
    const { prefix = [], args = [], environment = {}, credentials, startLimit } = this.#options;
    const supervisord = this.#options.command ?? join(bins[this.implementation], 'supervisord');
    const [command = '', ...words] = [...prefix, supervisord, '-n'];
    const process = launch(command, [...words, '-c', this.configurationFile, ...args], {
      env: environment,
      cwd: this.dir,
    });
    this.#process = process;
    let hasEnded = false;
    void process.then(() => {
      hasEnded = true;
    });
    process.all.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
    });
    await waitFor(async () => hasEnded || (await this.#answers(credentials !== undefined)), {
      what: `${this.implementation} supervisord to answer`,
      ...(startLimit !== undefined && { limit: startLimit }),
    });
  }

  /** Has the installed version take its place, and waits until that answers. @throws {ServerFault} */
  async upgrade(): Promise<void> {
    await this.rpc('monitor.upgrade');
    await this.rpc('supervisor.getState');
  }

  /** Calls a method over the unix socket; structs come as maps. @throws {ServerFault} */
  rpc(method: string, ...params: readonly Encodable[]): Promise<XmlRpcValue> {
    return this.#client.call(method, ...params);
  }

  /** Runs a supervisorctl on this daemon's configuration. */
  async ctl(
    implementation: Implementation,
    args: readonly string[],
    options: { readonly input?: string; readonly environment?: Readonly<Record<string, string>> } = {},
  ): Promise<CtlResult> {
    const result = await execa(
      join(bins[implementation], 'supervisorctl'),
      ['-c', this.configurationFile, ...args],
      {
        reject: false,
        stripFinalNewline: false,
        input: options.input ?? '',
        env: { PYTHONIOENCODING: 'utf-8', ...compileCache, ...options.environment },
        cwd: this.dir,
      },
    );
    return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode ?? -1 };
  }

  /** The activity log. */
  logText(): string {
    return readFileSync(this.logfile, 'utf8');
  }

  /** Waits until the daemon has ended by itself; resolves with its exit status. */
  async ended(): Promise<number> {
    const result = await this.#process;
    return result?.exitCode ?? -1;
  }

  /** Sends a signal to the daemon. */
  kill(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends the daemon in order; by force when it does not obey. The directory stays. */
  async stop(): Promise<number> {
    const process = this.#process;
    if (process === undefined) return 0;
    process.kill('SIGTERM');
    const force = setTimeout(() => process.kill('SIGKILL'), 30_000);
    const exitCode = await this.ended();
    clearTimeout(force);
    this.#process = undefined;
    return exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // In an orderly shutdown supervisord takes a second for each group, and nobody looks at it here.
    if (this.implementation === 'real') this.kill('SIGKILL');
    await this.stop();
    endLeftovers(`unix://${this.socket}`);
    this.#client[Symbol.dispose]();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #answers(isProtected: boolean): Promise<boolean> {
    try {
      await this.rpc('supervisor.getState');
      return true;
    } catch (error) {
      // One that asks for a password is up.
      return isProtected && String(error).includes('401');
    }
  }
}

/** Starts a daemon and waits until it answers. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const daemon = new Daemon(options);
  await daemon.start();
  return daemon;
}

function launch(
  command: string,
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
) {
  return execa(command, args, { ...options, reject: false, all: true, stdin: 'ignore', cleanup: true });
}
