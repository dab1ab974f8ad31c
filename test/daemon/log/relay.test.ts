import { closeSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openForDaemon } from '../../../daemon/host/fifo.ts';
import { makeFifo, pipeSize, resizePipe } from '../../../daemon/host/libc/descriptors.ts';
import { discardSink } from '../../../daemon/log/discard.ts';
import { LogFile } from '../../../daemon/log/log-file.ts';
import { ChannelFilter } from '../../../daemon/log/output-filter.ts';
import { PipeSource } from '../../../daemon/log/pipe-source.ts';
import { type FifoKeeper, Relay, Relays } from '../../../daemon/log/relay.ts';
import { neverRotate, type Sink } from '../../../daemon/log/sink.ts';

let directory: string;
let fifo: string;
let path: string;
let pipe: number;
let sink: LogFile;
let kept: Set<number>;
/** Of the process that keeps FIFOs open; its own descriptors outlive those of the daemon. */
let isKeeping: boolean;
let opened: { leave(): void }[];
/** What the clock says: it stands still, however busy the machine is. */
let now: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'supervisord-relay-'));
  fifo = join(directory, 'fifo');
  path = `${fifo}.relay`;
  makeFifo(fifo, 0o600);
  pipe = openForDaemon(fifo);
  sink = new LogFile(join(directory, 'log'), { mode: 0o600, log() {} });
  sink.hold();
  kept = new Set();
  isKeeping = true;
  opened = [];
  now = 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  for (const each of opened) each.leave();
  sink.close();
  closeSync(pipe);
  rmSync(directory, { recursive: true, force: true });
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const keeper: FifoKeeper = {
  add: (fd) => void kept.add(fd),
  remove: (fd) => void kept.delete(fd),
  keeps: (fd) => isKeeping && kept.has(fd),
  sync() {},
  removedFifo: () => undefined,
};

function relayOf(relays = new Relays(keeper), of = { pipe, path }): Relay {
  const relay = new Relay(of.pipe, { path: of.path, relays });
  opened.push(relay);
  return relay;
}

/** The source of a daemon that is started now. */
function sourceWith(relays = new Relays(keeper), filter?: ChannelFilter): PipeSource {
  const relay = { path, relays };
  const place = { path: `${fifo}.staged`, bootId: 'this boot', channel: 'web:web:stdout' };
  const source = new PipeSource({ pipe, relay, place, owner: "'web' stdout", filter, log() {} });
  opened.push(source);
  return source;
}

/** Has so much pass through, as fast as it can. */
function flood(relay: Relay, bytes: number, from = pipe): void {
  const piece = Buffer.alloc(65_536, 'x\n');
  for (let count = 0; count < bytes; count += piece.length) {
    writeSync(from, piece);
    expect(relay.splice(sink, { maxbytes: 10_000_000, backups: 0 })).toBe(piece.length);
  }
}

/** A relay in which something is that a daemon was killed over. */
function leaveInRelay(text: string): number {
  makeFifo(path, 0o600);
  const held = openForDaemon(path);
  writeSync(held, text);
  return held;
}

const logged = () => readFileSync(sink.path, 'utf8');
const stuck: Sink = { ...discardSink, position: () => undefined, splice: () => -28, write: () => -28 };

function move(source: PipeSource, into: Sink = sink): void {
  while (typeof source.move(into, neverRotate) === 'number');
}

describe('the relay of an output', () => {
  it('is there while the child is in full flow, and takes its bytes in their order', () => {
    const relay = relayOf();
    expect(existsSync(path)).toBe(false);
    flood(relay, 8_388_608);
    expect([existsSync(path), kept.size, pipeSize(pipe)]).toEqual([true, 1, 1_048_576]);
    for (let line = 1; line <= 3; line += 1) writeSync(pipe, `line ${line}\n`);
    relay.splice(sink, neverRotate);
    expect(logged().endsWith('x\nline 1\nline 2\nline 3\n')).toBe(true);
  });

  it('is not needed by a child that writes as much in a longer time', () => {
    const relay = relayOf();
    const piece = Buffer.alloc(65_536);
    for (let count = 0; count < 200; count += 1) {
      writeSync(pipe, piece);
      relay.splice(sink, { maxbytes: 1_000_000, backups: 0 });
      now += 1;
    }
    expect([existsSync(path), pipeSize(pipe)]).toEqual([false, 65_536]);
  });

  it('is not needed where nothing is written to a file', () => {
    const relay = relayOf();
    const piece = Buffer.alloc(65_536);
    for (let count = 0; count < 200; count += 1) {
      writeSync(pipe, piece);
      relay.splice(discardSink, neverRotate);
    }
    expect(existsSync(path)).toBe(false);
  });

  it('goes when the child has calmed down, and the pipe is as it was', () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    const relay = relayOf();
    flood(relay, 8_388_608);
    flood(relay, 120_000_000);
    jest.advanceTimersByTime(10_000);
    expect(existsSync(path)).toBe(true);
    flood(relay, 1_000_000);
    jest.advanceTimersByTime(10_000);
    expect([existsSync(path), kept.size, pipeSize(pipe)]).toEqual([false, 0, 65_536]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is to be had by eight at a time', () => {
    const relays = new Relays(keeper);
    const pipes = Array.from({ length: 9 }, (_, number) => {
      const name = join(directory, `fifo${number}`);
      makeFifo(name, 0o600);
      return { pipe: openForDaemon(name), path: `${name}.relay` };
    });
    const all = pipes.map((each) => relayOf(relays, each));
    for (const [number, each] of pipes.entries()) flood(all[number] as Relay, 8_388_608, each.pipe);
    expect(pipes.map((each) => existsSync(each.path))).toEqual([...Array(8).fill(true), false]);
    all[0]?.close();
    flood(all[8] as Relay, 8_388_608, pipes[8]?.pipe);
    expect(existsSync(String(pipes[8]?.path))).toBe(true);
    for (const each of all) each.leave();
    for (const each of pipes) closeSync(each.pipe);
  });

  it('is left out while nobody else has it open', () => {
    const relay = relayOf();
    flood(relay, 8_388_608);
    isKeeping = false;
    writeSync(pipe, 'one\n');
    const { length } = logged();
    const spliced = jest.spyOn(sink, 'splice');
    relay.splice(sink, neverRotate);
    expect(spliced.mock.calls.map(([from]) => from)).toEqual([pipe]);
    expect(logged().slice(length)).toBe('one\n');
  });

  it('cannot be had where its FIFO cannot be made, and output goes on as before', () => {
    writeFileSync(join(directory, 'no-directory'), '');
    const relay = relayOf(new Relays(keeper), { pipe, path: join(directory, 'no-directory', 'relay') });
    flood(relay, 20_000_000);
    expect([kept.size, pipeSize(pipe)]).toEqual([0, 65_536]);
  });
});

describe('what a daemon that was killed had in the relay', () => {
  it('comes before what the child has written since', () => {
    const held = leaveInRelay('one\n');
    writeSync(pipe, 'two\n');
    const source = sourceWith();
    expect([source.hasRest, source.left]).toEqual([true, 8]);
    move(source);
    expect([logged(), source.hasRest, source.left]).toEqual(['one\ntwo\n', false, 0]);
    closeSync(held);
  });

  it('is found though somebody has removed it', () => {
    const held = leaveInRelay('one\n');
    resizePipe(pipe, 1_048_576);
    rmSync(path);
    const pathOfKeeper = `/proc/${process.pid}/fd/${held}`;
    const relays = new Relays({ ...keeper, removedFifo: () => pathOfKeeper });
    writeSync(pipe, 'two\n');
    move(sourceWith(relays));
    expect(logged()).toBe('one\ntwo\n');
    closeSync(held);
  });

  it('passes the filter, if there is one now', () => {
    const held = leaveInRelay('\x1b[1mone\n');
    writeSync(pipe, 'two\n');
    const observer = {
      isWatching: () => false,
      logged() {},
      capturing() {},
      captured() {},
      unfinished() {},
    };
    const filter = new ChannelFilter({ stripAnsi: true, captureMaxbytes: 0, observer });
    move(sourceWith(undefined, filter));
    expect(logged()).toBe('one\ntwo\n');
    closeSync(held);
  });

  it('is looked at before it is logged where it cannot be spliced, and there is no room to keep it', () => {
    const held = leaveInRelay('one\n');
    writeSync(pipe, 'two\n');
    const source = sourceWith();
    rmSync(directory, { recursive: true });
    const written: string[] = [];
    const unspliceable: Sink = {
      ...discardSink,
      splice: () => -22,
      write: (bytes) => written.push(String(bytes)) && bytes.length,
    };
    move(source, unspliceable);
    expect(written.join('')).toBe('one\ntwo\n');
    closeSync(held);
  });
});

describe('what a log does not take', () => {
  it('stays in the relay until it does', () => {
    const relay = relayOf();
    flood(relay, 8_388_608);
    const { length } = logged();
    const source = sourceWith();
    writeSync(pipe, 'one\n');
    expect(source.move(stuck, neverRotate)).toEqual({ failed: 'ENOSPC' });
    writeSync(pipe, 'two\n');
    expect(source.left).toBe(8);
    move(source);
    expect(logged().slice(length)).toBe('one\ntwo\n');
  });

  it('is left there to the next daemon', () => {
    const relay = relayOf();
    flood(relay, 8_388_608);
    const held = openForDaemon(path);
    writeSync(pipe, 'one\n');
    relay.splice(stuck, neverRotate);
    relay.leave();
    const { length } = logged();
    move(sourceWith());
    expect(logged().slice(length)).toBe('one\n');
    closeSync(held);
  });

  it('is given up with the program', () => {
    const relay = relayOf();
    flood(relay, 8_388_608);
    writeSync(pipe, 'one\n');
    relay.splice(stuck, neverRotate);
    relay.close();
    expect([existsSync(path), kept.size, relay.length]).toEqual([false, 0, 0]);
  });

  it('takes no relay with it that is empty', () => {
    const relay = relayOf();
    flood(relay, 8_388_608);
    relay.leave();
    expect([existsSync(path), pipeSize(pipe)]).toEqual([false, 65_536]);
  });
});

it('a log that is rotated becomes larger by a pipeful at most, however much comes at a time', () => {
  const relay = relayOf();
  flood(relay, 8_388_608);
  const rest = 300_000;
  for (let count = 0; count < rest; count += 50_000) writeSync(pipe, Buffer.alloc(50_000, 'y'));
  sink.clear();
  expect(relay.splice(sink, { maxbytes: 100_000, backups: 5 })).toBe(rest);
  const sizes = ['log.2', 'log.1', 'log'].map((name) => readFileSync(join(directory, name)).length);
  expect(sizes.reduce((sum, size) => sum + size)).toBe(rest);
  for (const size of sizes.slice(0, 2)) {
    expect(size).toBeGreaterThanOrEqual(100_000);
    expect(size).toBeLessThanOrEqual(100_000 + 65_536);
  }
});
