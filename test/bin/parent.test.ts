import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execPath, kill } from 'node:process';
import { expect, it } from '@jest/globals';
import { execa } from 'execa';
import { describeAsRoot } from '../support/as-root.ts';
import { describeWithFiles, type NeededFile } from '../support/peer.ts';
import { childrenOf, procStatus } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

interface Shell extends NeededFile {
  readonly words: readonly string[];
  /** bash may run a trap late when two signals come together: docs/decisions/0009-what-brings-the-daemon-back.md. */
  readonly isLateWithSignals?: true;
}

/** Each is `/bin/sh` somewhere. */
const shells: readonly Shell[] = [
  { file: '/bin/dash', words: [], package: 'dash' },
  { file: '/bin/bash', words: ['--posix'], package: 'bash', isLateWithSignals: true },
  { file: '/bin/busybox', words: ['sh'], package: 'busybox' },
];

/** A pid namespace whose first process is a shell that runs bin/parent, over a daemon that is none. */
class Container implements AsyncDisposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'parent-'));
  readonly #process;

  /** @param lives what the daemon is like, each time: see test/fixtures/parent/lives.ts */
  constructor({ file, words }: Shell, lives: readonly string[], input = '') {
    const daemon = [execPath, resolve('test/fixtures/parent/lives.ts'), this.#dir, ...lives];
    const pid1 = [file, ...words, '-c', '. bin/parent', 'sh', ...daemon];
    this.#process = execa(
      'unshare',
      ['--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc', '--', ...pid1],
      {
        ...{ reject: false, input },
        // In its first shell, bash takes a socket on stdin for rshd, and reads .bashrc.
        env: { SHLVL: '1' },
        // One that does not end must not outlive its test.
        ...{ timeout: 60_000, killSignal: 'SIGKILL' },
      },
    );
  }

  /** Of the first process, as seen from outside; `undefined` until there is one, and when it has ended. */
  get #pid1(): number | undefined {
    return childrenOf(this.#process.pid ?? 0)[0];
  }

  get #children(): number[] {
    return this.#pid1 === undefined ? [] : childrenOf(this.#pid1);
  }

  /** What the daemons have noted. */
  get notes(): string[] {
    const file = join(this.#dir, 'notes');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  }

  async waitForNote(text: string): Promise<void> {
    await waitFor(() => this.notes.includes(text), { what: `the daemon to note ${text}` });
  }

  /** Waits until a daemon is to start after a pause. */
  async waitForPause(): Promise<void> {
    const isSleeping = (pid: number): boolean => procStatus(pid, 'Name') === 'sleep';
    await waitFor(() => this.#children.some(isSleeping), { what: 'a pause' });
  }

  /** Waits until PID 1 has no child but the daemon, or the one that it waits for in a pause. */
  async waitUntilReaped(): Promise<void> {
    await waitFor(() => this.#children.length === 1, { what: 'orphans to be reaped' });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#pid1 === undefined) throw new Error('The container has ended');
    kill(this.#pid1, signal);
  }

  /** Lets a daemon that hesitates come up. */
  go(): void {
    writeFileSync(join(this.#dir, 'go'), '');
  }

  /** Waits for the end: the exit status of PID 1, and what it said. Some shells say too what children die of. */
  async ended(): Promise<{ status: number | undefined; said: string[] }> {
    const { exitCode, stderr } = await this.#process;
    const said = stderr.split('\n').filter((line) => !['', 'Killed', 'Terminated'].includes(line));
    return { status: exitCode, said };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#process;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

describeAsRoot('bin/parent', () => {
  for (const shell of shells) {
    const tests = (): void => {
      staysIn(shell);
      if (!shell.isLateWithSignals) handsSignalsOnIn(shell);
    };
    describeWithFiles(`in ${shell.file}`, tests, [shell]);
  }
});

function staysIn(shell: Shell): void {
  const start = (...lives: string[]): Container => new Container(shell, lives);

  it.each([0, 1, 2, 127])('ends with status %d of a daemon that cannot start', async (status) => {
    await using container = start(`cannot start: ${status}`);
    expect(await container.ended()).toEqual({ status, said: [] });
    expect(container.notes).toEqual(['start']);
  });

  it.each([0, 3, 137, 255])('ends with status %d with which the daemon decides to end', async (status) => {
    await using container = start(`ends with ${status}`);
    expect(await container.ended()).toEqual({ status, said: [] });
    expect(container.notes).toEqual(['start', 'up']);
  });

  it('starts a daemon again that is killed: at once, then with pauses that grow', async () => {
    await using container = start('dies', 'dies', 'dies', 'ends with 4');
    expect(await container.ended()).toEqual({
      status: 4,
      said: [
        'supervisord: the daemon was killed by signal 9; starting it again now',
        'supervisord: the daemon was killed by signal 9; starting it again in 1 s',
        'supervisord: the daemon was killed by signal 9; starting it again in 2 s',
      ],
    });
  });

  it('starts a daemon again that was up and ends otherwise than by its own decision', async () => {
    await using container = start('crashes with 7', 'ends with 0');
    expect(await container.ended()).toEqual({
      status: 0,
      said: ['supervisord: the daemon ended with status 7; starting it again now'],
    });
  });

  it('does not give up when a daemon has died and the next cannot start', async () => {
    await using container = start('dies', 'cannot start: 2', 'ends with 0');
    const { status, said } = await container.ended();
    expect(status).toBe(0);
    expect(said[1]).toBe('supervisord: the daemon ended with status 2; starting it again in 1 s');
  });

  it('reaps orphans while the daemon lives', async () => {
    await using container = start('serves, and leaves orphans');
    await container.waitForNote('up');
    await container.waitUntilReaped();
  });

  it('reaps orphans while no daemon lives', async () => {
    await using container = start('dies', 'dies, and leaves orphans', 'serves');
    await container.waitForPause();
    await container.waitUntilReaped();
    expect(container.notes).toEqual(['start', 'up', 'start', 'up']);
  });

  it('leaves stdin to the daemon', async () => {
    await using container = new Container(shell, ['reads its stdin'], 'the stdin of the container');
    expect((await container.ended()).status).toBe(0);
    expect(container.notes).toEqual(['start', 'the stdin of the container']);
  });
}

function handsSignalsOnIn(shell: Shell): void {
  const start = (...lives: string[]): Container => new Container(shell, lives);

  it('hands signals on', async () => {
    await using container = start('serves');
    await container.waitForNote('up');
    const signals = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGINT'] as const;
    for (const signal of signals) {
      container.signal(signal);
      await container.waitForNote(signal);
    }
    expect(await container.ended()).toEqual({ status: 0, said: [] });
    expect(container.notes).toEqual(['start', 'up', ...signals]);
  });

  it.each(['SIGTERM', 'SIGQUIT'] as const)('hands %s on', async (signal) => {
    await using container = start('serves');
    await container.waitForNote('up');
    container.signal(signal);
    expect(await container.ended()).toEqual({ status: 0, said: [] });
    expect(container.notes).toEqual(['start', 'up', signal]);
  });

  it('holds signals until the daemon is up', async () => {
    await using container = start('hesitates');
    await container.waitForNote('hesitates');
    container.signal('SIGHUP');
    container.signal('SIGUSR2');
    container.go();
    await container.waitForNote('SIGHUP');
    await container.waitForNote('SIGUSR2');
    container.signal('SIGTERM');
    expect(await container.ended()).toEqual({ status: 0, said: [] });
  });

  it('ends a pause to tell a daemon to end', async () => {
    await using container = start('dies', 'dies', 'serves');
    await container.waitForPause();
    container.signal('SIGTERM');
    expect((await container.ended()).status).toBe(0);
    expect(container.notes.at(-1)).toBe('SIGTERM');
  });

  it('tells the next daemon to end when one dies of that', async () => {
    await using container = start('dies when told to end', 'serves');
    await container.waitForNote('up');
    container.signal('SIGTERM');
    expect((await container.ended()).status).toBe(0);
    expect(container.notes).toEqual(['start', 'up', 'SIGTERM', 'start', 'up', 'SIGTERM']);
  });

  it('ends when it is to end and no daemon comes up', async () => {
    await using container = start('dies', 'dies', 'cannot start: 1');
    await container.waitForPause();
    container.signal('SIGTERM');
    expect((await container.ended()).status).toBe(1);
  });
}
