/** Daemons of one configuration, one after the other: each goes on where the one before was killed. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { execa } from 'execa';
import { Client } from '../../ctl/client.ts';
import type { Encodable, XmlRpcValue } from '../../rpc/xmlrpc.ts';
import { daemonConfiguration } from '../support/daemon-configuration.ts';
import { bins, compileCache, type Implementation } from '../support/daemons.ts';
import { endLeftovers } from '../support/leftovers.ts';
import { waitFor } from '../support/wait-for.ts';

/** A process that was started to be the daemon. */
export interface Life {
  readonly pid: number;
  /** How it ended, in a few words; `undefined`: it has not. */
  readonly end: string | undefined;
  /** What it wrote on stdout and stderr. */
  readonly output: string;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

export class Lives implements AsyncDisposable {
  readonly implementation: Implementation;
  readonly dir: string;
  readonly logfile: string;
  readonly socket: string;
  readonly configurationFile: string;
  readonly #client: Client;
  readonly #supervisord: string;
  readonly #all = new Set<Life>();

  /** @param supervisord further lines of `[supervisord]` */
  constructor(implementation: Implementation, supervisord = '') {
    this.implementation = implementation;
    this.dir = mkdtempSync(join(tmpdir(), `supervisord-lives-${implementation}-`));
    this.logfile = join(this.dir, 'supervisord.log');
    this.socket = join(this.dir, 'supervisor.sock');
    this.configurationFile = join(this.dir, 'supervisord.conf');
    this.#supervisord = supervisord;
    this.#client = new Client(`unix://${this.socket}`, { username: undefined, password: undefined });
  }

  get runtimeDirectory(): string {
    return `${this.socket}.d`;
  }

  /** Replaces the configuration file, in place as an editor may. */
  configure(configuration: string): void {
    const pidfile = join(this.dir, 'supervisord.pid');
    const supervisord = `logfile_maxbytes=0\n${this.#supervisord}`;
    writeFileSync(
      this.configurationFile,
      daemonConfiguration({ ...this, pidfile }, { supervisord, configuration }),
    );
  }

  /** Starts a daemon, and waits for nothing. */
  begin(): Life {
    const command = join(bins[this.implementation], 'supervisord');
    const process = execa(command, ['-n', '-s', '-c', this.configurationFile], {
      cwd: this.dir,
      env: compileCache,
      stdin: 'ignore',
      reject: false,
      all: true,
    });
    const { pid } = process;
    if (pid === undefined) throw new Error(`Cannot start ${command}`);
    let output = '';
    process.all.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    let end: string | undefined;
    const ended = process.then(({ exitCode, signal }) => {
      end = signal ?? `status ${exitCode}`;
      this.#all.delete(life);
    });
    const life: Life = {
      pid,
      ended,
      get end() {
        return end;
      },
      get output() {
        return output;
      },
    };
    this.#all.add(life);
    return life;
  }

  /** Waits until a daemon answers. @throws it has ended, with what it said */
  async answering(life: Life): Promise<void> {
    await waitFor(
      async () => {
        if (life.end !== undefined) {
          throw new Error(`The daemon has ended with ${life.end}: ${life.output}${this.lastLog()}`);
        }
        return (await this.#pidThatAnswers()) === life.pid;
      },
      { what: 'the daemon to answer' },
    );
  }

  /** Starts a daemon and waits until it answers. */
  async start(): Promise<Life> {
    const life = this.begin();
    await this.answering(life);
    return life;
  }

  async end(life: Life, signal: NodeJS.Signals): Promise<void> {
    if (life.end === undefined) kill(life.pid, signal);
    await life.ended;
  }

  /** @throws {ServerFault} or, if the daemon is killed meanwhile, {ConnectionFailure} */
  rpc(method: string, ...params: readonly Encodable[]): Promise<XmlRpcValue> {
    return this.#client.call(method, ...params);
  }

  log(): string {
    return existsSync(this.logfile) ? readFileSync(this.logfile, 'utf8') : '';
  }

  lastLog(): string {
    return `\n${this.log().split('\n').slice(-100).join('\n')}`;
  }

  /** Ends all that still runs, and removes the directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((life) => this.end(life, 'SIGKILL')));
    endLeftovers(`unix://${this.socket}`);
    this.#client[Symbol.dispose]();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #pidThatAnswers(): Promise<XmlRpcValue | undefined> {
    try {
      return await this.rpc('supervisor.getPID');
    } catch {
      return undefined;
    }
  }
}
