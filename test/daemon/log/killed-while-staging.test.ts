/** A daemon that is killed between any two system calls, as far as output is concerned that passes a filter. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import * as bytes from '../../../daemon/host/libc/bytes.ts';
import { makePipe } from '../../../daemon/host/libc/descriptors.ts';

/** The system calls that change something, until the daemon is killed. */
const kernel = {
  /** Calls until then. */
  callsLeft: Number.POSITIVE_INFINITY,
  /** Descriptors of the daemon, which it does not close itself when it is killed. */
  open: new Set<number>(),
};

class Killed extends Error {}

/** A call that a daemon makes only while it lives. */
function whileAlive<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    if (kernel.callsLeft <= 0) throw new Killed();
    kernel.callsLeft -= 1;
    const result = call(...args);
    if (kernel.callsLeft === 0) throw new Killed();
    return result;
  };
}

/** A write that the daemon is killed in the middle of has written a part. */
function write(fd: number, data: Uint8Array): number {
  return bytes.write(fd, kernel.callsLeft === 0 ? data.subarray(0, Math.ceil(data.length / 2)) : data);
}

jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  openSync: whileAlive((...args: Parameters<typeof fs.openSync>) => {
    const fd = fs.openSync(...args);
    kernel.open.add(fd);
    return fd;
  }),
  closeSync: (fd: number) => {
    kernel.open.delete(fd);
    fs.closeSync(fd);
  },
  writeSync: whileAlive(fs.writeSync as (...args: unknown[]) => number),
  ftruncateSync: whileAlive(fs.ftruncateSync),
  renameSync: whileAlive(fs.renameSync),
  unlinkSync: whileAlive(fs.unlinkSync),
}));
jest.unstable_mockModule('../../../daemon/host/libc/bytes.ts', () => ({
  ...bytes,
  splice: whileAlive(bytes.splice),
  write: whileAlive(write),
}));
const { beginToken, endToken } = await import('../../../daemon/log/capture.ts');
const { LogFile } = await import('../../../daemon/log/log-file.ts');
const { ChannelFilter } = await import('../../../daemon/log/output-filter.ts');
const { PipeSource } = await import('../../../daemon/log/pipe-source.ts');
const { settleStaged } = await import('../../../daemon/log/staging.ts');

const bootId = 'this boot';
const captureMaxbytes = 12;

/** What listeners are told, once for each origin. */
class Told {
  readonly logged = new Map<string, string>();
  readonly messages = new Map<string, string>();

  static add(to: Map<string, string>, data: Buffer, origin: string | undefined): void {
    if (origin === undefined) throw new Error('no origin');
    const before = to.get(origin);
    if (before !== undefined) expect(String(data)).toBe(before);
    to.set(origin, String(data));
  }
}

function newFilter(told: Told) {
  return new ChannelFilter({
    stripAnsi: true,
    captureMaxbytes,
    observer: {
      isWatching: () => true,
      logged: (data, origin) => Told.add(told.logged, data, origin),
      capturing() {},
      captured: ({ data, dropped }, origin) =>
        Told.add(told.messages, Buffer.from(`${data} after ${dropped}`), origin),
      unfinished() {},
    },
  });
}

let directory: string;
let pipe: { readonly readEnd: number; readonly writeEnd: number };
beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'supervisord-staging-'));
  pipe = makePipe();
});
afterEach(clear);

function clear(): void {
  fs.rmSync(directory, { recursive: true });
  fs.closeSync(pipe.readEnd);
  fs.closeSync(pipe.writeEnd);
}

/** Each run of a property has its own pipe and files. */
function beginAnew(): void {
  clear();
  fs.mkdirSync(directory);
  pipe = makePipe();
}

/** What the log holds, with what was rotated. */
function logged(): string {
  const numbers = Array.from({ length: 100 }, (_, index) => 100 - index);
  const names = [...numbers.map((number) => `log.${number}`), 'log'];
  return names
    .map((name) => join(directory, name))
    .filter((path) => fs.existsSync(path))
    .map((path) => fs.readFileSync(path, 'utf8'))
    .join('')
    .replaceAll('#', '');
}

interface Life {
  readonly move: () => void;
  readonly endChild: () => void;
}

function startDaemon(told: Told, rotation: { maxbytes: number; backups: number }): Life {
  settleStaged(directory, bootId);
  const log: string[] = [];
  const source = new PipeSource({
    pipe: pipe.readEnd,
    place: { path: join(directory, 'fifo.staged'), bootId, channel: 'web:web:stdout' },
    owner: "'web' stdout",
    filter: newFilter(told),
    log: (_, text) => void log.push(text),
  });
  const sink = new LogFile(join(directory, 'log'), { mode: 0o644, log() {} });
  sink.hold();
  const move = (): void => {
    for (;;) {
      // Others log to the same file.
      fs.appendFileSync(sink.path, '#');
      const moved = source.move(sink, rotation);
      if (kernel.callsLeft <= 0) throw new Killed();
      if (typeof moved === 'object') throw new Error(moved.failed);
      if (moved === 'empty') break;
    }
    expect(log).toEqual([]);
  };
  const endChild = (): void => {
    do move();
    while (source.endChild());
  };
  return { move, endChild };
}

/** Does something with daemons, one after the other, each killed after so many system calls. */
function survive(
  lives: readonly number[],
  start: () => Life,
  steps: readonly ((life: Life) => void)[],
): void {
  const remaining = [...lives];
  let life: Life | undefined;
  for (let step = 0; step < steps.length; ) {
    try {
      if (life === undefined) {
        kernel.callsLeft = remaining.shift() ?? Number.POSITIVE_INFINITY;
        life = start();
      }
      steps[step]?.(life);
      step += 1;
    } catch (error) {
      if (kernel.callsLeft > 0) throw error;
      life = undefined;
      for (const fd of kernel.open) fs.closeSync(fd);
      kernel.open.clear();
    }
  }
  kernel.callsLeft = Number.POSITIVE_INFINITY;
  for (const fd of kernel.open) fs.closeSync(fd);
  kernel.open.clear();
}

describe('output that passes a filter', () => {
  const piece = fc.constantFrom(
    `${beginToken}`,
    `${endToken}`,
    '\x1b[1m',
    '\x1b',
    '[3',
    'text',
    '<!--',
    '0123456789abcdef',
  );
  const chunk = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));

  it('is logged once, and told at least once, whenever daemons are killed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(chunk, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }),
        fc.constantFrom(0, 10, 40),
        (children, lives, maxbytes) => {
          beginAnew();
          const told = new Told();
          const written = (text: string) => {
            let isWritten = false;
            return (life: Life) => {
              // The child writes once, whatever becomes of the daemon.
              if (!isWritten) fs.writeSync(pipe.writeEnd, text);
              isWritten = true;
              life.move();
            };
          };
          const steps = children.flatMap((chunks) => [
            ...chunks.map(written),
            (life: Life) => life.endChild(),
          ]);
          survive(lives, () => startDaemon(told, { maxbytes, backups: 100 }), steps);
          const expected = new Told();
          const whole = newFilter(expected);
          const outputs = children.flatMap((chunks, child) => [
            String(whole.push(Buffer.from(chunks.join('')), `output ${child}`)),
            String(whole.flush(`end ${child}`)),
          ]);
          expect(logged()).toBe(outputs.join(''));
          expect([...told.messages.values()]).toEqual([...expected.messages.values()]);
          expect([...told.logged.values()].join('')).toBe([...expected.logged.values()].join(''));
        },
      ),
      { numRuns: 400 },
    );
  });
});
