import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemons.ts';
import { fullLog, stateOf, waitForAll, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const programs = resolve('test/fixtures/programs');

function program(name: string, command: string, lines = ''): string {
  return `[program:${name}]\ncommand=${command}\nstartsecs=0\nautorestart=false\n${lines}\n`;
}

const numbers = (last: number): string =>
  Array.from({ length: last }, (_, index) => `${index + 1}\n`).join('');

/** A FIFO whose reader is this test, and reads when it likes. */
class Reader implements Disposable {
  readonly path: string;
  readonly #fd: number;
  text = '';

  constructor(path: string) {
    execFileSync('mkfifo', [path]);
    this.path = path;
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Takes what is there. */
  read(): string {
    const buffer = Buffer.alloc(65536);
    for (;;) {
      try {
        const count = readSync(this.#fd, buffer);
        if (count === 0) return this.text;
        this.text += buffer.toString('latin1', 0, count);
      } catch {
        return this.text;
      }
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** Runs a daemon whose stdout and stderr are the two words after the script. */
const redirected = (stdout: string, stderr: string): readonly string[] => [
  '/bin/sh',
  '-c',
  'out=$1 err=$2; shift 2; exec "$@" >"$out" 2>"$err" 9>>"$out"',
  'sh',
  stdout,
  stderr,
];

describe('logs on what is no file', () => {
  let daemon: Daemon;
  let place: Daemon;
  let stdout: Reader;
  let stderr: Reader;
  let sink: Reader;
  beforeAll(async () => {
    // The prefix needs paths, and those the directory: so there are two daemons, one never started.
    place = new Daemon({ implementation: 'ours', configuration: '' });
    stdout = new Reader(join(place.dir, 'stdout'));
    stderr = new Reader(join(place.dir, 'stderr'));
    sink = new Reader(join(place.dir, 'sink'));
    daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'silent=true',
      prefix: redirected(stdout.path, stderr.path),
      configuration: [
        program(
          'out',
          `${programs}/writes-and-waits`,
          'stdout_logfile=/dev/stdout\nstderr_logfile=/dev/stderr',
        ),
        program('no-maxbytes', '/bin/echo zero', 'stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0'),
        program('merged', '/bin/sh -c "echo merged >&2"', 'stdout_logfile=/dev/fd/1\nredirect_stderr=true'),
        program('by-number', '/bin/echo nine', 'stdout_logfile=/dev/fd/9'),
        program('proc', '/bin/echo proc', 'stdout_logfile=/proc/self/fd/2'),
        program('binary', `${programs}/prints-binary`, `stdout_logfile=${sink.path}`),
        program('lots', `${programs}/numbers-lines 200000`, 'stdout_logfile=/dev/stdout\nautostart=false'),
        program('other', '/bin/echo fine', 'autostart=false'),
      ].join('\n'),
    });
    await daemon.start();
    await waitForAll(daemon, (state) => state !== 'STARTING');
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    for (const reader of [stdout, stderr, sink]) reader[Symbol.dispose]();
    await place[Symbol.asyncDispose]();
  });

  it('reach the pipes that are stdout, stderr and other descriptors of the daemon', async () => {
    await waitFor(() => {
      const text = stdout.read();
      return ['to stdout\n', 'zero\n', 'merged\n', 'nine\n'].every((line) => text.includes(line));
    });
    await waitFor(() => ['to stderr\n', 'proc\n'].every((line) => stderr.read().includes(line)));
    expect(await fullLog(daemon)).not.toMatch(/ERRO|CRIT (?!Supervisor is running as root|Server )/);
  });

  it('reach a FIFO as the bytes came, whatever maxbytes is', async () => {
    await waitFor(() => sink.read().length === 257);
    expect([...Buffer.from(sink.text, 'latin1')]).toEqual([
      ...Array.from({ length: 255 }, (_, index) => index + 1),
      0,
      0o303,
    ]);
  });

  it('wait when nobody reads, while the daemon goes on and other programs run; then all is there', async () => {
    stdout.read();
    stdout.text = '';
    await daemon.rpc('supervisor.startProcess', 'lots');
    expect(await stateOf(daemon, 'lots')).toBe('RUNNING');
    for (let call = 0; call < 20; call += 1) await daemon.rpc('supervisor.getAllProcessInfo');
    await daemon.rpc('supervisor.startProcess', 'other');
    await waitForState(daemon, 'other', 'EXITED');
    expect(await stateOf(daemon, 'lots')).toBe('RUNNING');
    await waitFor(() => stdout.read().length === numbers(200_000).length, { what: 'all lines to come' });
    expect(stdout.text).toBe(numbers(200_000));
    await waitForState(daemon, 'lots', 'EXITED');
  });

  it('do not keep the daemon from ending while they are full', async () => {
    await daemon.rpc('supervisor.startProcess', 'lots');
    expect(await daemon.stop()).toBe(0);
  });
});

it('throws output away when the reader of the log has gone, and the program runs on', async () => {
  const place = new Daemon({ implementation: 'ours', configuration: '' });
  const stdout = new Reader(join(place.dir, 'stdout'));
  await using daemon = new Daemon({
    implementation: 'ours',
    supervisord: 'silent=true',
    prefix: redirected(stdout.path, '/dev/null'),
    configuration: program('cat', '/bin/cat', 'stdout_logfile=/dev/stdout'),
  });
  await daemon.start();
  await waitForState(daemon, 'cat', 'RUNNING');
  stdout[Symbol.dispose]();
  await daemon.rpc('supervisor.sendProcessStdin', 'cat', 'x\n');
  await waitFor(() => daemon.logText().includes('nobody reads'));
  await daemon.rpc('supervisor.sendProcessStdin', 'cat', 'x\n');
  expect(await stateOf(daemon, 'cat')).toBe('RUNNING');
  expect(readFileSync(daemon.logfile, 'utf8')).toContain(
    "ERRO nobody reads '/dev/stdout' any more: EPIPE; output for it is thrown away\n",
  );
  await place[Symbol.asyncDispose]();
});

for (const [redirection, how] of [
  ['>', 'a file'],
  ['>>', 'a file opened for appending'],
] as const) {
  it(`keeps both whole when log and children write to stdout, which is ${how}`, async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      prefix: ['/bin/sh', '-c', `exec "$@" ${redirection}out`, 'sh'],
      configuration: program('lots', `${programs}/numbers-lines 50000`, 'stdout_logfile=/dev/stdout'),
    });
    await daemon.start();
    await waitForState(daemon, 'lots', 'EXITED');
    expect(await daemon.stop()).toBe(0);
    const lines = readFileSync(join(daemon.dir, 'out'), 'utf8').split(/(?<=\n)/);
    expect(lines.filter((line) => /^\d+$/.test(line.trimEnd())).join('')).toBe(numbers(50_000));
    expect(lines.filter((line) => !/^\d+$/.test(line.trimEnd())).join('')).toBe(daemon.logText());
  });
}
