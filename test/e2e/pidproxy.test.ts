import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { kill } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { waitFor } from '../support/wait-for.ts';

const pidproxy = resolve('bin/pidproxy');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pidproxy-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('pidproxy', () => {
  it('prints how to use it and exits with 1 when words are missing', async () => {
    const result = await execa(pidproxy, ['only-a-pidfile'], { reject: false });
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain(`Usage: ${pidproxy} <pidfile name> <command> [<cmdarg1> ...]`);
  });

  it('ends as soon as its command does, with status 0 whatever the command said', async () => {
    const result = await execa(pidproxy, [join(dir, 'pid'), '/bin/sh', '-c', 'echo out; exit 3']);
    expect(result.stdout).toBe('out');
    expect(result.exitCode).toBe(0);
  });

  it('does not search PATH: the command is relative to the working directory', async () => {
    const result = await execa(pidproxy, [join(dir, 'pid'), 'sh', '-c', 'true'], { cwd: dir, reject: false });
    expect(result.exitCode).toBe(127);
  });

  /** Runs pidproxy on a command that keeps none of our pipes, until it has installed its handlers. */
  async function runProxy(pidfile: string) {
    const proxy = execa(pidproxy, [pidfile, '/bin/sh', '-c', 'exec sleep 100 >/dev/null 2>&1'], {
      reject: false,
    });
    // It starts its command when everything else is ready; before that the launcher has children of its own.
    let command: number | undefined;
    await waitFor(() => {
      command = childrenOf(proxy.pid).find((pid) => nameOf(pid) === 'sleep');
      return command !== undefined;
    });
    return { proxy, command: command ?? 0 };
  }

  it('forwards a signal to the pid that the file holds at that moment, and stays', async () => {
    const pidfile = join(dir, 'pid');
    const script = 'trap "echo got HUP" HUP; echo up; while :; do sleep 0.05; done';
    const service = execa('/bin/sh', ['-c', script], { reject: false });
    const isUp = seen(service.stdout, 'up');
    const { proxy, command } = await runProxy(pidfile);
    try {
      await isUp;
      writeFileSync(pidfile, `${service.pid}\n`);
      const got = seen(service.stdout, 'got HUP');
      proxy.kill('SIGHUP');
      await got;
      proxy.kill('SIGTERM');
      expect((await proxy).exitCode).toBe(0);
      expect((await service).signal).toBe('SIGTERM');
    } finally {
      service.kill('SIGKILL');
      kill(command, 'SIGKILL');
    }
  });

  it('says so when the file cannot be read', async () => {
    const { proxy, command } = await runProxy(join(dir, 'missing'));
    proxy.kill('SIGTERM');
    const result = await proxy;
    kill(command, 'SIGKILL');
    expect(result.stdout).toBe(`Can't read child pidfile ${join(dir, 'missing')}!`);
    expect(result.exitCode).toBe(0);
  });
});

/** Resolves when a stream has brought the text. */
function seen(stream: NodeJS.ReadableStream, text: string): Promise<void> {
  return new Promise((done) => {
    let all = '';
    stream.on('data', (chunk) => {
      all += chunk;
      if (all.includes(text)) done();
    });
  });
}

/** Pids of the children of a process. */
function childrenOf(pid: number | undefined): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

/** What a process executes; `undefined` if it has ended. */
function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
  } catch {
    return undefined;
  }
}
