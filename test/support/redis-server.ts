import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NeededFile } from './peer.ts';
import { waitFor } from './wait-for.ts';

/** For `describeWithFiles`. */
export const redisServer: NeededFile = { file: '/usr/bin/redis-server', package: 'redis-server' };

export interface RedisServerOptions {
  /** Whether it writes down everything before it answers, so that it has it again after a crash. */
  readonly isDurable?: boolean;
}

/** A Redis of one test, on a socket in a directory of its own. */
export class RedisServer implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'redis-'));
  readonly socket = join(this.directory, 'redis.sock');
  readonly #isDurable: boolean;
  #child: ChildProcess | undefined;

  private constructor({ isDurable = false }: RedisServerOptions) {
    this.#isDurable = isDurable;
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(options);
    await server.start();
    return server;
  }

  get url(): string {
    return `unix://${this.socket}`;
  }

  async start(): Promise<void> {
    const persistence = this.#isDurable
      ? ['--appendonly', 'yes', '--appendfsync', 'always']
      : ['--appendonly', 'no'];
    const words = ['--port', '0', '--unixsocket', this.socket, '--dir', this.directory, '--save', ''];
    this.#child = spawn(redisServer.file, [...words, ...persistence], { stdio: 'ignore' });
    await waitFor(() => this.#listens(), { what: 'Redis' });
  }

  /** Its socket is there before anybody can connect. */
  #listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(this.socket);
      socket.on('error', () => resolve(false));
      socket.on('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
  }

  /** SIGKILL: whatever it has not written down is lost. */
  async crash(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    rmSync(this.socket, { force: true });
  }

  /** It is there and answers nobody, until {@link thaw}. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
