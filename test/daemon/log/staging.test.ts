import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Epoll } from '../../../daemon/host/epoll.ts';
import { makePipe } from '../../../daemon/host/libc/descriptors.ts';
import { beginToken, endToken } from '../../../daemon/log/capture.ts';
import { ListenerStream } from '../../../daemon/log/listener-stream.ts';
import { LogFile } from '../../../daemon/log/log-file.ts';
import { ChannelFilter } from '../../../daemon/log/output-filter.ts';
import { PipeSource } from '../../../daemon/log/pipe-source.ts';
import { neverRotate } from '../../../daemon/log/sink.ts';
import { waitFor } from '../../support/wait-for.ts';

let directory: string;
let staged: string;
let pipe: { readonly readEnd: number; readonly writeEnd: number };
let log: string[];
let messages: string[];
let sink: LogFile;
/** Sources that were not closed, as by a daemon that is killed. */
let abandoned: { close(): void }[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'supervisord-staging-'));
  staged = join(directory, 'run', 'fifo.staged');
  mkdirSync(join(directory, 'run'));
  pipe = makePipe();
  log = [];
  messages = [];
  abandoned = [];
  sink = new LogFile(join(directory, 'log'), { mode: 0o600, log() {} });
  sink.hold();
});
afterEach(() => {
  for (const source of abandoned) source.close();
  sink.close();
  closeSync(pipe.readEnd);
  closeSync(pipe.writeEnd);
  rmSync(directory, { recursive: true });
  jest.restoreAllMocks();
});

const logged = (): string => readFileSync(join(directory, 'log'), 'utf8');
const files = (): string[] => readdirSync(join(directory, 'run')).toSorted();

function options({ captureMaxbytes = 1000, bootId = 'this boot' } = {}) {
  return {
    pipe: pipe.readEnd,
    place: { path: staged, bootId, channel: 'web:web:stdout' },
    owner: "'web' stdout",
    filter: new ChannelFilter({
      stripAnsi: false,
      captureMaxbytes,
      observer: {
        isWatching: () => false,
        logged() {},
        capturing() {},
        captured: ({ data, dropped }) => messages.push(`${data} after ${dropped}`),
        unfinished() {},
      },
    }),
    log: (level: string, text: string) => void log.push(`${level} ${text}`),
  };
}

/** The source of a daemon that is started now. */
function open(changes: Parameters<typeof options>[0] = {}): PipeSource {
  const source = new PipeSource(options(changes));
  abandoned.push(source);
  return source;
}

/** The child writes, and the daemon moves what there is. */
function write(source: PipeSource, text: string): void {
  writeSync(pipe.writeEnd, text);
  move(source);
}

function move(source: PipeSource): void {
  while (typeof source.move(sink, neverRotate) === 'number');
}

describe('what a daemon that is killed has captured', () => {
  it('is known to the next one, and to the one after that', () => {
    write(open(), `one ${beginToken}two`);
    write(open(), ' three');
    write(open(), ` four${endToken} five`);
    expect([logged(), messages]).toEqual(['one  five', ['two three four after 0']]);
  });

  it('is known as far as it is kept', () => {
    write(open({ captureMaxbytes: 5 }), `${beginToken}123`);
    write(open({ captureMaxbytes: 5 }), '456789');
    write(open({ captureMaxbytes: 5 }), `0${endToken}`);
    expect(messages).toEqual(['67890 after 5']);
  });

  it('takes no more room on the disk than it may', () => {
    const source = open({ captureMaxbytes: 10 });
    write(source, `${beginToken}`);
    for (let count = 0; count < 100; count += 1) write(source, '0123456789abcdef');
    const [captured = ''] = files().filter((name) => name.includes('captured'));
    expect(statSync(join(directory, 'run', captured)).size).toBe(10);
    write(source, `${endToken}`);
    expect(files()).toEqual(['fifo.staged']);
  });

  it('goes to the log if the next one has no capture mode', () => {
    write(open(), `one ${beginToken}two`);
    write(open({ captureMaxbytes: 0 }), ' three');
    expect(logged()).toBe('one two three');
  });

  it('goes to the log if the next one has no filter at all', () => {
    write(open(), `one ${beginToken}two`);
    const { filter: _, ...others } = options();
    const next = new PipeSource({ ...others, filter: undefined });
    abandoned.push(next);
    write(next, ' three');
    expect(logged()).toBe('one two three');
  });

  it('goes to the log if the child is dead', () => {
    write(open(), `one ${beginToken}two`);
    const next = open();
    writeSync(pipe.writeEnd, ' three');
    next.endChild();
    writeSync(pipe.writeEnd, ' and four of another child');
    move(next);
    expect(logged()).toBe('one two three and four of another child');
  });
});

describe('a staging file', () => {
  it('is not made for output that nobody needs to see', () => {
    write(open({ captureMaxbytes: 0 }), 'text');
    expect([logged(), files()]).toEqual(['text', []]);
  });

  it('has no bytes when all are logged and the child has ended', () => {
    const source = open();
    write(source, 'text');
    const { size } = statSync(staged);
    expect(source.endChild()).toBe(false);
    expect(statSync(staged).size).toBe(size - 'text'.length);
  });

  it('does not grow with what passes through it', () => {
    const source = open();
    const text = 'x'.repeat(50_000);
    for (let count = 0; count < 20; count += 1) write(source, text);
    expect(statSync(staged).size).toBeLessThan(200_000);
    expect(logged()).toBe(text.repeat(20));
  });

  it('that is damaged is put aside, which is told, and output goes on', () => {
    write(open(), 'one ');
    writeFileSync(staged, Buffer.alloc(10_000, 'x'));
    write(open(), 'two');
    expect([logged(), files()]).toEqual(['one two', ['fifo.staged', 'fifo.staged.unusable']]);
    expect(log).toEqual([
      `error what was left of the output of 'web' stdout cannot be used: its records are damaged; it is in '${staged}.unusable'`,
    ]);
  });

  it('that is no file is put aside as well', () => {
    mkdirSync(staged);
    write(open(), 'text');
    expect([logged(), files()]).toEqual(['text', ['fifo.staged', 'fifo.staged.unusable']]);
    expect(log).toEqual([
      `error what was left of the output of 'web' stdout cannot be used: EISDIR; it is in '${staged}.unusable'`,
    ]);
  });

  it('is of no use after the machine was started anew', () => {
    write(open(), `${beginToken}one`);
    write(open({ bootId: 'the next boot' }), 'two');
    expect(logged()).toBe('two');
    expect(log).toEqual([
      `error what was left of the output of 'web' stdout cannot be used: it is from before the machine was started; it is in '${staged}.unusable'`,
    ]);
  });

  it('that cannot be made is done without, until it can', () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    rmSync(join(directory, 'run'), { recursive: true });
    const source = open();
    write(source, `one ${beginToken}two`);
    write(source, ' three');
    now = 2000;
    mkdirSync(join(directory, 'run'));
    write(source, ' four');
    write(open(), ` five${endToken} six`);
    expect([logged(), messages]).toEqual(['one  six', ['two three four five after 0']]);
    expect(log).toEqual([
      `error cannot keep output of 'web' stdout in '${staged}' on its way: ENOENT; if this daemon is killed before that works again, some of it may be logged twice`,
      `info output of 'web' stdout is kept in '${staged}' again on its way`,
    ]);
  });
});

describe('what a listener says', () => {
  let epoll: Epoll;
  let heard: [text: string, offset: number][];
  beforeEach(() => {
    heard = [];
    epoll = new Epoll({ pauseMs: 0, onError: (error) => log.push(String(error)) });
  });
  afterEach(() => epoll.close());

  function listen(heardUpTo: number | undefined): ListenerStream {
    const hear = (bytes: Buffer, offset: number) => void heard.push([String(bytes), offset]);
    const stream = new ListenerStream({
      ...options({ captureMaxbytes: 0 }),
      epoll,
      observer: { begin() {}, hear, heardUpTo },
    });
    return stream;
  }

  /** Stops without a last look, as when it is killed. */
  function kill(stream: ListenerStream): void {
    stream.leave();
  }

  it('is heard and logged once by two daemons, the second of which goes on where the first has heard it', async () => {
    const first = listen(undefined);
    first.begin(sink, neverRotate);
    writeSync(pipe.writeEnd, 'READY\nRESULT 2\n');
    await waitFor(() => heard.length === 1, { what: 'the first words' });
    kill(first);
    // The first one died before it had understood all of it.
    const second = listen(6);
    second.resume(sink, neverRotate);
    await waitFor(() => heard.length === 2, { what: 'what it has not understood' });
    writeSync(pipe.writeEnd, 'OK');
    await waitFor(() => heard.length === 3, { what: 'the last words' });
    second.end();
    expect(heard).toEqual([
      ['READY\nRESULT 2\n', 0],
      ['RESULT 2\n', 6],
      ['OK', 15],
    ]);
    expect(logged()).toBe('READY\nRESULT 2\nOK');
    second.close();
  });

  it('is not heard of a former one, and not from where another FIFO was', async () => {
    const first = listen(undefined);
    first.begin(sink, neverRotate);
    writeSync(pipe.writeEnd, 'one');
    await waitFor(() => heard.length === 1, { what: 'the first words' });
    kill(first);
    writeSync(pipe.writeEnd, ' two');
    const second = listen(1_000_000);
    second.begin(sink, neverRotate);
    writeSync(pipe.writeEnd, ' three');
    await waitFor(() => heard.length === 2, { what: 'the words of the next' });
    second.end();
    expect(heard[1]).toEqual([' three', 7]);
    expect(logged()).toBe('one two three');
    second.close();
  });

  it('is heard also without a staging file, and logged at once', async () => {
    rmSync(join(directory, 'run'), { recursive: true });
    const stream = listen(undefined);
    stream.begin(sink, neverRotate);
    writeSync(pipe.writeEnd, 'READY\n');
    await waitFor(() => heard.length === 1 && existsSync(join(directory, 'log')), { what: 'READY' });
    expect([heard, logged()]).toEqual([[['READY\n', 0]], 'READY\n']);
    stream.close();
  });
});
