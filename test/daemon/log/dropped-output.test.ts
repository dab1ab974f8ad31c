import { closeSync, mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { errorCode } from '../../../conf/error-code.ts';
import { Epoll } from '../../../daemon/host/epoll.ts';
import { openOwnPipe } from '../../../daemon/host/fifo.ts';
import { bytesIn } from '../../../daemon/host/libc/bytes.ts';
import { EAGAIN, EINVAL } from '../../../daemon/host/libc/call.ts';
import { newOutput, type OutputFilter } from '../../../daemon/log/output-filter.ts';
import { OutputStream } from '../../../daemon/log/output-stream.ts';
import { PipeSource } from '../../../daemon/log/pipe-source.ts';
import { neverRotate, type Sink } from '../../../daemon/log/sink.ts';
import { waitFor } from '../../support/wait-for.ts';

const ENOSPC = 28;

/** Keeps what it is given in memory, unless it fails. */
class FailingSink implements Sink {
  readonly path = '/log';
  readonly canBeFull = false;
  errno = 0;
  taken = '';
  /** Bytes until it fails. */
  room = Number.POSITIVE_INFINITY;
  skipped = '';
  hold(): void {}
  unhold(): void {}
  splice(): number {
    return -EINVAL;
  }
  write(bytes: Buffer): number {
    if (this.errno !== 0) return -this.errno;
    const part = bytes.subarray(0, this.room);
    if (part.length === 0) return -ENOSPC;
    this.taken += part.toString('latin1');
    this.room -= part.length;
    return part.length;
  }
  skip(bytes: Buffer): void {
    this.skipped += bytes.toString('latin1');
  }
  endLine(): void {
    if (this.room > 0 && this.errno === 0 && !/(^|\n)$/.test(this.taken)) this.taken += '\n';
  }
  onWritable(): () => void {
    return () => {};
  }
  reopen(): void {}
  clear(): void {}
}

let directory: string;
let pipe: number;
let epoll: Epoll;
let sink: FailingSink;
let log: string[];
let dropped: number;
let stream: OutputStream;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dropped-output-'));
  pipe = openOwnPipe();
  epoll = new Epoll({
    pauseMs: 0,
    onError(error) {
      throw error;
    },
  });
  sink = new FailingSink();
  log = [];
  dropped = 0;
});

function begin(options: { readonly patienceMs?: number; readonly filter?: OutputFilter } = {}): void {
  const { filter, ...others } = options;
  const owner = "'web' stdout";
  const place = { path: join(directory, 'staged'), bootId: 'boot', channel: 'web:web:stdout' };
  const tell = (level: string, text: string) => void log.push(`${level} ${text}`);
  stream = new OutputStream({
    source: new PipeSource({ pipe, place, owner, filter, log: tell }),
    epoll,
    owner,
    patienceMs: 0,
    log: tell,
    countDropped: (bytes) => {
      dropped += bytes;
    },
    ...others,
  });
  stream.begin(sink, neverRotate);
}

afterEach(() => {
  stream.close();
  epoll.close();
  closeSync(pipe);
  rmSync(directory, { recursive: true });
});

/** Writes to the pipe as a program does that takes turns with the daemon. @returns what was written */
async function write(text: string): Promise<string> {
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(pipe, rest));
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return text;
}

/** Lines with the numbers up to `last`. */
function numbers(last: number): string {
  return Array.from({ length: last }, (_, index) => `${index + 1}\n`).join('');
}

const failed = "error cannot write output of 'web' stdout to '/log': ENOSPC; it waits until that works again";
const dropping =
  "warn output of 'web' stdout is dropped, oldest first, so that the program does not wait: '/log' takes none (ENOSPC)";
const recovered = "info output of 'web' stdout is written to '/log' again";

describe('a stream whose sink fails', () => {
  it('keeps all of it while the pipe has room', async () => {
    sink.errno = ENOSPC;
    begin();
    const text = await write(numbers(5000));
    await waitFor(() => log.length > 0);
    sink.errno = 0;
    await waitFor(() => sink.taken === text, { what: 'all bytes' });
    expect(log).toEqual([failed, recovered]);
    expect(dropped).toBe(0);
  });

  it('lets the child wait while there is patience', async () => {
    sink.errno = ENOSPC;
    begin({ patienceMs: 60_000 });
    const writing = write(numbers(30_000));
    await waitFor(() => log.length > 0);
    sink.errno = 0;
    const text = await writing;
    await waitFor(() => sink.taken === text, { what: 'all bytes' });
    expect(log).toEqual([failed, recovered]);
  });

  it('gives up the oldest lines for a child that would have to wait, and says how much', async () => {
    sink.errno = ENOSPC;
    begin();
    const text = await write(numbers(100_000));
    expect(log).toEqual([failed, dropping]);
    sink.errno = 0;
    await waitFor(() => log.length > 2, { what: 'recovery' });
    expect(log[2]).toBe(`${recovered}; ${dropped} bytes were dropped meanwhile (ENOSPC)`);
    expect(text.slice(dropped)).toBe(sink.taken);
    expect(text[dropped - 1]).toBe('\n');
    expect(sink.taken.length).toBeGreaterThan(16_384);
    expect(sink.skipped).toBe(text.slice(0, dropped));
    // The next spell counts anew.
    sink.errno = ENOSPC;
    await write('1\n');
    await waitFor(() => log.length > 3);
    sink.errno = 0;
    await waitFor(() => log.length > 4);
    expect(log.slice(3)).toEqual([failed, recovered]);
  });

  it('ends the line of which the sink took the beginning', async () => {
    sink.room = 7;
    begin();
    const text = await write(numbers(50_000));
    sink.room = Number.POSITIVE_INFINITY;
    await waitFor(() => log.length > 2, { what: 'recovery' });
    expect(sink.taken).toBe(`1\n2\n3\n4\n${text.slice(7 + dropped)}`);
    expect(text[7 + dropped - 1]).toBe('\n');
  });

  it('shows all of it to a filter, and keeps no more in memory than a pipe does', async () => {
    let seen = '';
    const filter: OutputFilter = {
      isNeeded: () => true,
      push(bytes) {
        seen += bytes.toString();
        return Buffer.from(bytes.toString().toUpperCase());
      },
      flush: () => Buffer.alloc(0),
      state: newOutput,
      captureMaxbytes: 0,
      lastCaptured: () => Buffer.alloc(0),
      restore: () => Buffer.alloc(0),
    };
    sink.errno = ENOSPC;
    begin({ filter });
    const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index}\n`).join('');
    const text = await write(lines);
    sink.errno = 0;
    await waitFor(() => log.length > 2, { what: 'recovery' });
    await waitFor(() => seen === text, { what: 'all of it' });
    expect(sink.taken).toBe(text.toUpperCase().slice(dropped));
    expect(sink.taken.length).toBeLessThanOrEqual(65_536);
    expect(text[dropped - 1]).toBe('\n');
  });

  it('puts words of the daemon behind what the child has said, and keeps few of many', async () => {
    sink.errno = ENOSPC;
    begin({ patienceMs: 60_000 });
    const text = await write(numbers(1000));
    await waitFor(() => log.length > 0);
    const words = 'supervisor: child process was not spawned\n';
    stream.write(words);
    sink.errno = 0;
    await waitFor(() => sink.taken === text + words, { what: 'the words' });
    sink.errno = ENOSPC;
    const times = 10_000;
    for (let time = 0; time < times; time += 1) stream.write(words);
    sink.errno = 0;
    await waitFor(() => log.at(-1)?.startsWith(recovered) === true && log.length > 3, { what: 'recovery' });
    expect(sink.taken.length + dropped).toBe(text.length + (times + 1) * words.length);
    expect(dropped).toBeGreaterThan((times * words.length) / 2);
  });

  it('tells at its end all that is lost', async () => {
    sink.errno = ENOSPC;
    begin();
    const text = await write(numbers(50_000));
    stream.close();
    expect(log[2]).toBe(
      `error ${text.length} bytes of output of 'web' stdout are lost: '/log' did not take them`,
    );
    expect(dropped).toBe(text.length);
  });

  it('gives up nothing when the sink is only full', async () => {
    sink.errno = EAGAIN;
    begin();
    const writing = write(numbers(30_000));
    await waitFor(() => bytesIn(pipe) >= 60_000, { what: 'a full pipe' });
    expect([log, dropped]).toEqual([[], 0]);
    sink.errno = 0;
    stream.begin(sink, neverRotate);
    await writing;
  });
});
