import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Epoll } from '../../../daemon/host/epoll.ts';
import { Syslog } from '../../../daemon/log/syslog.ts';
import { SyslogListener } from '../../support/syslog-listener.ts';
import { waitFor } from '../../support/wait-for.ts';

let directory: string;
let path: string;
let log: string[];
let epoll: Epoll;
let syslog: Syslog;

function open(stallMs = 60_000): void {
  syslog = new Syslog({ epoll, path, stallMs, log: (level, text) => log.push(`${level} ${text}`) });
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'supervisord-syslog-'));
  path = join(directory, 'log');
  log = [];
  epoll = new Epoll({
    pauseMs: 0,
    onError(error) {
      throw error;
    },
  });
  open();
});

afterEach(() => {
  syslog.close();
  epoll.close();
  rmSync(directory, { recursive: true });
});

function send(...texts: readonly string[]): void {
  for (const text of texts) syslog.send(Buffer.from(text));
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index}`);

describe('syslog', () => {
  it('gets each message in a datagram of its own', () => {
    using listener = new SyslogListener(path);
    send('one', 'two\n', '');
    expect(listener.texts()).toEqual(['one', 'two\n', '']);
    expect(log).toEqual([]);
  });

  it('gets messages on a stream, each with a NUL behind, where that is what it has', async () => {
    let received = '';
    let reader: Socket | undefined;
    const server = createServer((socket) => {
      reader = socket;
      socket.on('data', (bytes) => {
        received += bytes;
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const texts = numbers(20_000);
    send(...texts);
    const parts = (): string[] => received.split('\0').slice(0, -1);
    await waitFor(() => parts().length === texts.length, { what: 'all messages' });
    expect(parts().map((message) => message.replace(/^<14>.{15} supervisord: /, ''))).toEqual(texts);
    reader?.destroy();
    await new Promise((resolve) => server.close(resolve));
    expect(log).toEqual([]);
  });

  it('that is slow gets everything in order, and who can wait is told to', async () => {
    using listener = new SyslogListener(path);
    const texts = numbers(20_000);
    send(...texts);
    expect(syslog.isFull).toBe(true);
    let hasRoom = false;
    syslog.onRoom(() => {
      hasRoom = true;
    });
    await waitFor(() => listener.messages().length === texts.length, { what: 'all messages' });
    expect(listener.texts()).toEqual(texts);
    expect([hasRoom, syslog.isFull, log]).toEqual([true, false, []]);
  });

  it('that is not there yet gets what was sent before, with the next message', () => {
    send('early', 'still early');
    expect(log).toEqual([`error cannot send to syslog at '${path}': ENOENT; messages for it wait`]);
    using listener = new SyslogListener(path);
    send('now');
    expect(listener.texts()).toEqual(['early', 'still early', 'now']);
    expect(log.slice(1)).toEqual(['warn syslog took nothing for a while (ENOENT); 0 messages were lost']);
  });

  it('that is started anew gets the next message', () => {
    using first = new SyslogListener(path);
    send('one');
    expect(first.texts()).toEqual(['one']);
    first[Symbol.dispose]();
    using second = new SyslogListener(path);
    send('two');
    expect(second.texts()).toEqual(['two']);
    expect(log).toEqual([]);
  });

  it('that is gone costs bounded memory, and how many messages were lost is told', async () => {
    const texts = numbers(20_000);
    send(...texts);
    expect(syslog.isFull).toBe(false);
    using listener = new SyslogListener(path);
    send('now');
    await waitFor(() => listener.texts().at(-1) === 'now', { what: 'the last message' });
    const kept = listener.texts().filter((text) => text !== 'now');
    expect(kept).toEqual(texts.slice(0, kept.length));
    expect(kept.length).toBeGreaterThan(1000);
    const lost = texts.length - kept.length;
    expect(log).toEqual([
      `error cannot send to syslog at '${path}': ENOENT; messages for it wait`,
      `warn syslog took nothing for a while (ENOENT); ${lost} messages were lost`,
    ]);
  });

  it('that has stopped reading makes nobody wait for long, and is served when it goes on', async () => {
    syslog.close();
    open(50);
    using listener = new SyslogListener(path, { isStopped: true });
    const texts = numbers(20_000);
    send(...texts);
    expect(syslog.isFull).toBe(true);
    await new Promise<void>((resolve) => syslog.onRoom(resolve));
    expect(syslog.isFull).toBe(false);
    expect(log).toEqual([`error cannot send to syslog at '${path}': EAGAIN; messages for it wait`]);
    send('more');
    listener.resume();
    await waitFor(() => log.length === 2 && listener.texts().at(-1) === texts.at(-1), { what: 'recovery' });
    expect(log[1]).toBe('warn syslog took nothing for a while (EAGAIN); 1 messages were lost');
  });

  it('that is sent more than memory may hold loses the rest, which is told once', async () => {
    using listener = new SyslogListener(path, { isStopped: true });
    const texts = numbers(150_000);
    for (const text of texts) send(text);
    let hasRoom = false;
    syslog.onRoom(() => {
      hasRoom = true;
    });
    listener.resume();
    await waitFor(() => log.length > 0, { what: 'the end of the burst' });
    const kept = listener.texts();
    expect(kept).toEqual(texts.slice(0, kept.length));
    expect(kept.length).toBeGreaterThan(50_000);
    const lost = texts.length - kept.length;
    expect(log).toEqual([`warn syslog took nothing for a while (EAGAIN); ${lost} messages were lost`]);
    expect(hasRoom).toBe(true);
  });

  it('is waited for at the end, unless it has stopped', async () => {
    using listener = new SyslogListener(path);
    const texts = numbers(2000);
    send(...texts);
    await syslog.flush();
    expect(listener.texts()).toEqual(texts);
    listener[Symbol.dispose]();
    using stopped = new SyslogListener(path, { isStopped: true });
    syslog.close();
    open(50);
    send(...texts);
    await syslog.flush();
    syslog.close();
    expect(log.at(-1)).toMatch(/^warn \d+ messages for syslog were lost$/);
    stopped.resume();
    expect(stopped.texts()).toEqual(texts.slice(0, stopped.texts().length));
  });

  it('refuses a message that is too large, and gets the others', () => {
    using listener = new SyslogListener(path);
    send('one', 'x'.repeat(10_000_000), 'two');
    expect(listener.texts()).toEqual(['one', 'two']);
    expect(log).toEqual(['warn syslog took nothing for a while (EMSGSIZE); 1 messages were lost']);
  });
});
