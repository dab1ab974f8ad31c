import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execaSync } from 'execa';
import { makeFifo, makePipe } from '../../../daemon/host/libc/descriptors.ts';
import { processSettings } from '../../support/process-settings.ts';
import { hasEnded, isRoot, program, RealHost } from '../../support/real-host.ts';
import { waitFor } from '../../support/wait-for.ts';

let world: RealHost;
beforeEach(() => {
  world = new RealHost();
});
afterEach(async () => world.close());

/** The text of lines with the numbers up to `last`. */
function numbers(last: number): string {
  return Array.from({ length: last }, (_, index) => `${index + 1}\n`).join('');
}

/** Starts anew with other options. */
async function renew(options: ConstructorParameters<typeof RealHost>[0]): Promise<void> {
  await world.close();
  world = new RealHost(options);
}

/** Reads what is in a pipe now. */
function drain(fd: number): string {
  const buffer = Buffer.alloc(65536);
  let text = '';
  try {
    for (;;) text += buffer.toString('latin1', 0, readSync(fd, buffer));
  } catch {
    return text;
  }
}

describe('a log', () => {
  it('has every byte of the child in order when the child has ended', async () => {
    await world.run(`${program('numbers-lines')} 200000`);
    expect(world.read('out')).toBe(numbers(200_000));
  });

  it('has every byte of a child that writes as fast as it can, and what helped with that is gone then', async () => {
    const piece = numbers(500_000);
    writeFileSync(world.path('piece'), piece);
    await world.run(`cat ${`${world.path('piece')} `.repeat(30)}`);
    expect(world.read('out') === piece.repeat(30)).toBe(true);
    expect(readdirSync(world.path('run')).filter((name) => name.includes('.std'))).toEqual([]);
  });

  it('has what the child left in its pipe as soon as it is finished', () => {
    const handle = world.prepare(`${program('numbers-lines')} 10000`);
    const pid = world.start(handle);
    // Nothing else gets a turn meanwhile.
    while (!hasEnded(pid));
    world.host.reap();
    handle.finish();
    expect(world.read('out')).toBe(numbers(10_000));
  });

  it('has bytes that are no text as they are', async () => {
    writeFileSync(world.path('binary'), Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
    await world.run(`cat ${world.path('binary')}`);
    expect(readFileSync(world.path('out'))).toEqual(readFileSync(world.path('binary')));
  });

  it('has every byte once when it rotates', async () => {
    const stdout = world.channel('out', { logfile_maxbytes: 100_000, logfile_backups: 50 });
    await world.run(`${program('numbers-lines')} 100000`, { stdout });
    let text = '';
    for (let number = 50; number >= 1; number -= 1) {
      if (!existsSync(world.path(`out.${number}`))) continue;
      text += world.read(`out.${number}`);
      expect(statSync(world.path(`out.${number}`)).size).toBeLessThan(100_000 + 65_536);
    }
    expect(text + world.read('out')).toBe(numbers(100_000));
  });

  it('can be shared by several programs, rotation included', async () => {
    const stdout = world.channel('shared', { logfile_maxbytes: 20_000, logfile_backups: 100 });
    const pids = Array.from({ length: 5 }, (_, number) => {
      const changes = { name: `p${number}`, stdout, stderr: world.channel('NONE') };
      return world.start(world.prepare(`${program('numbers-lines')} 20000`, changes));
    });
    for (const pid of pids) await world.exitOf(pid);
    await waitFor(() => sharedSize() === 5 * numbers(20_000).length, { what: 'all bytes' });
  });

  function sharedSize(): number {
    const names = ['shared', ...Array.from({ length: 100 }, (_, index) => `shared.${index + 1}`)];
    return names
      .filter((name) => existsSync(world.path(name)))
      .reduce((sum, name) => sum + statSync(world.path(name)).size, 0);
  }

  it('gets what a grandchild writes after the child has ended', async () => {
    const handle = world.prepare(`${program('leaves-a-writer')} ${world.path('go')}`);
    await world.exitOf(world.start(handle));
    handle.finish();
    expect(world.read('out')).toBe('written by the child\n');
    writeFileSync(world.path('go'), '');
    await waitFor(() => world.read('out').endsWith('grandchild\n'), { what: 'output of the grandchild' });
  });

  it('is not waited for when a grandchild writes without end', async () => {
    const handle = world.prepare(`${program('leaves-a-flood')} ${world.path('pid')}`, {
      stdout: world.channel('out', { logfile_maxbytes: 1_000_000 }),
    });
    await world.exitOf(world.start(handle));
    handle.finish();
    await waitFor(() => existsSync(world.path('pid')) && world.read('pid') !== '');
    process.kill(Number(world.read('pid')), 'SIGKILL');
  });

  it('is written to by its new name after it was renamed and opened again', async () => {
    const handle = world.prepare('cat');
    const pid = world.start(handle);
    handle.writeStdin(Buffer.from('one\n'));
    await waitFor(() => world.read('out') === 'one\n');
    renameSync(world.path('out'), world.path('out.old'));
    handle.writeStdin(Buffer.from('two\n'));
    await waitFor(() => world.read('out.old') === 'one\ntwo\n');
    handle.reopenLogs();
    handle.writeStdin(Buffer.from('three\n'));
    await waitFor(() => world.read('out') === 'three\n');
    handle.clearLogs();
    expect(world.read('out')).toBe('');
    world.host.kill(pid, 9, 'process');
    await world.exitOf(pid);
  });

  it('that is NONE takes any amount', async () => {
    const { stdout } = processSettings();
    expect(stdout.logfile).toEqual({ type: 'NONE' });
    const status = await world.run(`${program('numbers-lines')} 200000`, { stdout });
    expect(status).toEqual({ type: 'exited', code: 0 });
  });

  it('that cannot be opened again makes the child wait, and nothing is lost', async () => {
    mkdirSync(world.path('logs'));
    const handle = world.prepare('cat', { stdout: world.channel('logs/out') });
    const pid = world.start(handle);
    renameSync(world.path('logs'), world.path('moved'));
    handle.reopenLogs();
    handle.writeStdin(Buffer.from('here\n'));
    await waitFor(() => world.log.some((line) => line.includes('it waits')), { what: 'an error' });
    mkdirSync(world.path('logs'));
    await waitFor(() => existsSync(world.path('logs/out')) && world.read('logs/out') === 'here\n', {
      what: 'recovery',
    });
    expect(world.log).toEqual([
      `error cannot reopen log file '${world.path('logs/out')}': ENOENT`,
      `error cannot write output of 'web' stdout to '${world.path('logs/out')}': ENOENT; it waits until that works again`,
      `info output of 'web' stdout is written to '${world.path('logs/out')}' again`,
    ]);
    world.host.kill(pid, 9, 'process');
    await world.exitOf(pid);
  });

  (isRoot ? it : it.skip)(
    'on a full disk makes the child wait, and is complete when there is room again',
    async () => {
      const disk = world.path('disk');
      mkdirSync(disk);
      execaSync`mount -t tmpfs -o size=128k tmpfs ${disk}`;
      try {
        writeFileSync(`${disk}/ballast`, Buffer.alloc(60_000));
        const command = `${program('touches-when-done')} 40000 ${world.path('done')}`;
        const handle = world.prepare(command, { stdout: world.channel(`${disk}/out`) });
        const pid = world.start(handle);
        const other = world.prepare('echo fine', { name: 'other', stdout: world.channel('other') });
        await waitFor(() => world.log.length > 0, { what: 'an error' });
        await world.exitOf(world.start(other));
        other.finish();
        expect(world.read('other')).toBe('fine\n');
        expect(existsSync(world.path('done'))).toBe(false);
        execaSync`mount -o remount,size=10m ${disk}`;
        await world.exitOf(pid);
        await waitFor(() => statSync(`${disk}/out`).size === numbers(40_000).length, { what: 'all bytes' });
        expect(readFileSync(`${disk}/out`, 'utf8')).toBe(numbers(40_000));
        expect(world.log[0]).toBe(
          `error cannot write output of 'web' stdout to '${disk}/out': ENOSPC; it waits until that works again`,
        );
        expect(world.log.at(-1)).toMatch(/^info .* again$/);
        handle.finish();
      } finally {
        execaSync`umount --lazy ${disk}`;
      }
    },
  );
});

describe('AUTO logs', () => {
  const auto = { ...processSettings().stdout, logfile: { type: 'AUTO' } } as const;

  it('exist before the first spawn, for the eyes of the daemon only, and stay the same', async () => {
    const handle = world.prepare('echo x', { stdout: auto, stderr: auto });
    const { stdout, stderr } = handle.logfiles;
    expect(stdout).toMatch(/\/web-stdout---supervisor-[a-z0-9_]{8}\.log$/);
    expect(stderr).toMatch(/\/web-stderr---supervisor-[a-z0-9_]{8}\.log$/);
    if (stdout === undefined) throw new Error('unreachable');
    expect(statSync(stdout).mode & 0o777).toBe(0o600);
    await world.exitOf(world.start(handle));
    handle.finish();
    expect(readFileSync(stdout, 'utf8')).toBe('x\n');
    handle.clearLogs();
    expect(readFileSync(stdout, 'utf8')).toBe('');
    expect(handle.logfiles.stdout).toBe(stdout);
  });

  it('fail the spawn, not the daemon, when their directory is missing', async () => {
    await renew({ childlogdir: '/no/such/directory' });
    const handle = world.prepare('echo x', { stdout: auto });
    expect(handle.spawn()).toEqual({
      type: 'failed',
      reason: "unknown error making dispatchers for 'web': ENOENT",
    });
  });
});

describe('output that must be seen', () => {
  it('is copied to the activity log, quoted where it is no text', async () => {
    await renew({ debugOutput: true });
    await world.run("printf 'caf\\303\\251\\n'");
    await world.run("printf '\\377\\n'", { name: "it's" });
    expect(world.read('out')).toContain('café\n');
    expect(world.log).toEqual([
      "debug 'web' stdout output:\ncafé\n",
      `debug "it's" stdout output:\nUndecodable: b'\\xff\\n'`,
    ]);
  });

  it('loses its escape sequences with strip_ansi, and nothing else', async () => {
    await renew({ stripAnsi: true });
    await world.run(`printf '\\033[1;31mred\\033[0m %s\\n' ${'x'.repeat(100_000)}`);
    expect(world.read('out')).toBe(`red ${'x'.repeat(100_000)}\n`);
  });
});

describe('a log that is no file', () => {
  it('makes only its own child wait while nobody reads, and then has every byte', async () => {
    const fifo = world.path('fifo');
    makeFifo(fifo, 0o600);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const command = `${program('touches-when-done')} 100000 ${world.path('done')}`;
    const pid = world.start(
      world.prepare(command, { stdout: world.channel('fifo', { logfile_maxbytes: 10 }) }),
    );
    const other = await world.run('echo fine', { name: 'other', stdout: world.channel('other') });
    expect([other, world.read('other')]).toEqual([{ type: 'exited', code: 0 }, 'fine\n']);
    expect(existsSync(world.path('done'))).toBe(false);
    let text = '';
    await waitFor(
      () => {
        text += drain(reader);
        return text.length >= numbers(100_000).length;
      },
      { what: 'all bytes' },
    );
    expect(text).toBe(numbers(100_000));
    await world.exitOf(pid);
    closeSync(reader);
    expect(world.log).toEqual([]);
  });

  it('that nobody reads until the process is removed has lost output, which is told', async () => {
    const fifo = world.path('fifo');
    makeFifo(fifo, 0o600);
    const command = `${program('numbers-lines')} 20000`;
    const handle = world.prepare(command, { stdout: world.channel('fifo') });
    await world.exitOf(world.start(handle));
    handle.finish();
    world.dispose(handle);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const lost = numbers(20_000).length - 65_536;
    expect(world.log).toEqual([
      `error ${lost} bytes of output of 'web' stdout are lost: '${fifo}' did not take them`,
    ]);
    closeSync(reader);
  });

  it('is the descriptor that the daemon was started with, whose reader may go away', async () => {
    const { readEnd, writeEnd } = makePipe();
    await renew({ inheritedDescriptors: new Set([writeEnd]) });
    const stdout = world.channel(`/dev/fd/${writeEnd}`);
    await world.run('echo hello', { stdout });
    expect(drain(readEnd)).toBe('hello\n');
    closeSync(readEnd);
    const status = await world.run(`${program('numbers-lines')} 100000`, { stdout });
    expect(status).toEqual({ type: 'exited', code: 0 });
    expect(world.log).toEqual([
      `error nobody reads '/dev/fd/${writeEnd}' any more: EPIPE; output for it is thrown away`,
    ]);
    closeSync(writeEnd);
  });

  it('can be a file that stdout was redirected to, which is neither rotated nor overwritten', async () => {
    for (const flags of ['w', 'a']) {
      const fd = openSync(world.path('redirected'), flags);
      writeSync(fd, 'before\n');
      await renew({ inheritedDescriptors: new Set([fd]) });
      const stdout = world.channel(`/dev/fd/${fd}`, { logfile_maxbytes: 100, logfile_backups: 1 });
      await world.run(`${program('numbers-lines')} 100000`, { stdout });
      expect(readFileSync(`/proc/self/fd/${fd}`, 'utf8')).toBe(`before\n${numbers(100_000)}`);
      expect(world.log).toEqual([]);
      closeSync(fd);
    }
  });

  it('cannot be a descriptor of the runtime itself', async () => {
    await renew({ inheritedDescriptors: new Set([0, 1, 2]) });
    expect(world.prepare('true', { stdout: world.channel('/dev/fd/3') }).spawn()).toEqual({
      type: 'failed',
      reason: "unknown error making dispatchers for 'web': EBADF",
    });
  });

  it('can be a device, which clearing leaves alone', async () => {
    const handle = world.prepare('echo x', { stdout: world.channel('/dev/null', { logfile_maxbytes: 1 }) });
    await world.exitOf(world.start(handle));
    handle.finish();
    handle.clearLogs();
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(world.log).toEqual([]);
  });

  it('that fails for longer than a moment does not keep the child from its work', async () => {
    const length = 50_000_000;
    const stdout = world.channel('/dev/full');
    const handle = world.prepare(`head -c ${length} /dev/zero`, { stdout });
    expect(await world.exitOf(world.start(handle))).toEqual({ type: 'exited', code: 0 });
    handle.finish();
    expect(handle.dropped).toBeGreaterThan(length - 3 * 65_536);
    world.dispose(handle);
    expect(handle.dropped).toBe(length);
    expect(world.log).toEqual([
      "error cannot write output of 'web' stdout to '/dev/full': ENOSPC; it waits until that works again",
      "warn output of 'web' stdout is dropped, oldest first, so that the program does not wait: '/dev/full' takes none (ENOSPC)",
      `error ${length} bytes of output of 'web' stdout are lost: '/dev/full' did not take them`,
    ]);
  });

  it('can fail without harm to others', async () => {
    const handle = world.prepare('echo x', { stdout: world.channel('/dev/full') });
    await world.exitOf(world.start(handle));
    handle.finish();
    await waitFor(() => world.log.length > 0, { what: 'an error' });
    expect(world.log).toEqual([
      "error cannot write output of 'web' stdout to '/dev/full': ENOSPC; it waits until that works again",
    ]);
    expect(await world.run('true', { name: 'other' })).toEqual({ type: 'exited', code: 0 });
    rmSync(world.path('out'), { force: true });
  });
});
