import {
  closeSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { openForChild } from '../../daemon/host/fifo.ts';
import { makeFifo } from '../../daemon/host/libc/descriptors.ts';
import { startDaemon } from '../support/daemons.ts';
import { program } from '../support/real-host.ts';
import { waitForLog } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const mover = join(import.meta.dirname, '../fixtures/hosts/moves-output.ts');
const isLong = env['LONG_TESTS'] === '1';
const lines = isLong ? 2_000_000 : 50_000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'supervisord-killed-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function read(name: string): string {
  const path = join(directory, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** What was logged, oldest first. */
function logged(): string {
  const numbers = readdirSync(directory).flatMap((name) => /^log\.(\d+)$/.exec(name)?.[1] ?? []);
  const names = numbers
    .toSorted((one, other) => Number(other) - Number(one))
    .map((number) => `log.${number}`);
  return [...names, 'log'].map(read).join('');
}

/** Moves output until it is killed, some time after it has begun. @returns once it is gone */
async function moveForAWhile(): Promise<void> {
  const moving = execa(execPath, [mover, directory], { reject: false });
  moving.stdout.once('data', () => setTimeout(() => moving.kill('SIGKILL'), Math.random() * 100));
  const { signal, stderr } = await moving;
  if (signal !== 'SIGKILL') throw new Error(`it ended by itself: ${stderr}`);
}

it(
  'each line is logged once, and each message told, however often the daemon is killed',
  async () => {
    const fifo = join(directory, 'fifo');
    makeFifo(fifo, 0o600);
    // Somebody has it open all the time, as the child has.
    const end = openForChild(fifo);
    const command = [
      '-c',
      'exec "$0" "$1" >"$2"',
      program('numbers-lines-and-messages'),
      String(lines),
      fifo,
    ];
    const writing = execa('/bin/sh', command);
    let isWriting = true;
    const written = writing.finally(() => {
      isWriting = false;
    });
    let kills = 0;
    for (; isWriting; kills += 1) await moveForAWhile();
    await written;
    // The last one takes what is left.
    const isWhole = () => logged().endsWith(`\n${lines}\n`) && read('events').includes(` ${lines} .\n`);
    while (!isWhole()) await moveForAWhile();
    closeSync(end);

    const expected = Array.from({ length: lines }, (_, index) => String(index + 1));
    expect(logged() === `${expected.join('\n')}\n`).toBe(true);
    const told = new Map<string, string>();
    let repeated = 0;
    for (const [, origin = '', data = ''] of read('events').matchAll(/^(\S+) (\d+) \.$/gm)) {
      const before = told.get(origin);
      if (before !== undefined) {
        expect(data).toBe(before);
        repeated += 1;
      }
      told.set(origin, data);
    }
    expect([...told.values()].join('\n') === expected.join('\n')).toBe(true);
    expect(read('problems')).toBe('');
    expect(kills).toBeGreaterThan(0);
    if (isLong) console.log(`${lines} lines and messages, ${kills} kills, ${repeated} messages told again`);
  },
  isLong ? 3_600_000 : 300_000,
);

it('what a program has captured is known to the next daemon, and to the one after that', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    supervisord: 'loglevel=debug\nstrip_ansi=true',
    configuration: `[program:web]
command=${program('captures-slowly')} %(here)s/first %(here)s/second
stdout_logfile=%(here)s/web.log
stdout_capture_maxbytes=6
`,
  });
  const output = (text: string) => waitForLog(daemon, `output:\n${text}`);
  await output('one');
  for (const [file, text] of [
    ['first', ' two'],
    ['second', ' three'],
  ] as const) {
    daemon.kill('SIGKILL');
    await daemon.ended();
    writeFileSync(join(daemon.dir, file), '');
    await daemon.start();
    await output(text);
  }
  const log = join(daemon.dir, 'web.log');
  await waitFor(() => readFileSync(log, 'utf8') === 'before  after\n', { what: 'the whole log' });
  await waitForLog(daemon, "the first 7 bytes of a comm event of 'web' stdout were dropped");
  expect(daemon.logText().match(/emitted a comm event/g)).toHaveLength(1);
});
