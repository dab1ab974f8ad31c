import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { openForChild, openForDaemon } from '../../daemon/host/fifo.ts';
import { bytesIn } from '../../daemon/host/libc/bytes.ts';
import { makeFifo } from '../../daemon/host/libc/descriptors.ts';

const mover = join(import.meta.dirname, '../fixtures/hosts/moves-flood.ts');
const isLong = env['LONG_TESTS'] === '1';
/** How many daemons are to be killed over something in the relay. */
const wanted = isLong ? 100 : 3;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'supervisord-flow-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What was logged, oldest first. */
function logs(): string[] {
  const numbers = readdirSync(directory).flatMap((name) => /^log\.(\d+)$/.exec(name)?.[1] ?? []);
  const oldestFirst = numbers.map(Number).toSorted((one, other) => other - one);
  return [...oldestFirst.map((number) => `log.${number}`), 'log'].map((name) => join(directory, name));
}

/** Moves output until it is killed, some time after it has begun. @returns once it is gone */
async function moveForAWhile(): Promise<void> {
  const moving = execa(execPath, [mover, directory], { reject: false });
  moving.stdout.once('data', () => setTimeout(() => moving.kill('SIGKILL'), Math.random() * 60));
  const { signal, stderr } = await moving;
  if (signal !== 'SIGKILL' || stderr.includes('error')) throw new Error(`it ended with ${signal}: ${stderr}`);
}

it(
  'each byte of a child in full flow is logged once, however often the daemon is killed',
  async () => {
    const [fifo, path, piece, stop] = ['fifo', 'fifo.relay', 'piece', 'stop'].map((name) =>
      join(directory, name),
    ) as [string, string, string, string];
    // Somebody has them open all the time, as the child has its FIFO, and the keeper has both.
    for (const each of [fifo, path]) makeFifo(each, 0o600);
    const ends = [openForChild(fifo), openForDaemon(path)] as const;
    const text = Array.from({ length: 400_000 }, (_, index) => `${index}\n`).join('');
    writeFileSync(piece, text);
    const command = 'while [ ! -e "$1" ]; do cat "$2" && echo written; done >"$0"';
    const writing = execa('/bin/sh', ['-c', command, fifo, stop, piece]);
    let isWriting = true;
    const written = writing.finally(() => {
      isWriting = false;
    });

    let kills = 0;
    let left = 0;
    for (; isWriting; kills += 1) {
      await moveForAWhile();
      if (bytesIn(ends[1]) > 0) left += 1;
      if (left === wanted) writeFileSync(stop, '');
    }
    await written;
    while (bytesIn(ends[0]) > 0 || bytesIn(ends[1]) > 0) await moveForAWhile();
    for (const end of ends) closeSync(end);

    const [all, expected] = [createHash('sha1'), createHash('sha1')];
    let bytes = 0;
    for (const log of logs()) {
      const content = readFileSync(log);
      all.update(content);
      bytes += content.length;
    }
    const repeated = Buffer.from(`${text}written\n`);
    for (let count = bytes / repeated.length; count > 0; count -= 1) expected.update(repeated);
    expect(bytes % repeated.length).toBe(0);
    expect(all.digest('hex')).toBe(expected.digest('hex'));
    if (isLong) console.log(`${bytes / 1e6} MB, ${kills} kills, ${left} of them with something in the relay`);
  },
  isLong ? 3_600_000 : 300_000,
);
