import { closeSync, constants, existsSync, openSync, readSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventPayload } from '../../../daemon/event/event.ts';
import { Epoll } from '../../../daemon/host/epoll.ts';
import type { ChildHandle } from '../../../daemon/host/host.ts';
import { makeFifo } from '../../../daemon/host/libc/descriptors.ts';
import type { LinuxHostOptions } from '../../../daemon/host/linux-host.ts';
import { beginToken, endToken } from '../../../daemon/log/capture.ts';
import type { OutputEvent } from '../../../daemon/log/channel-filter.ts';
import { Syslog } from '../../../daemon/log/syslog.ts';
import { program, RealHost } from '../../support/real-host.ts';
import { SyslogListener } from '../../support/syslog-listener.ts';
import { waitFor } from '../../support/wait-for.ts';

let world: RealHost;
let events: OutputEvent[];
let wanted: Set<OutputEvent['type']>;

function open(options: Partial<LinuxHostOptions> = {}): void {
  events = [];
  wanted = new Set(['PROCESS_LOG_STDOUT', 'PROCESS_LOG_STDERR']);
  const bus = {
    isWanted: (type: OutputEvent['type']) => wanted.has(type),
    emit: (event: OutputEvent) => events.push(event),
  };
  world = new RealHost({ events: bus, ...options });
}

beforeEach(() => open());
afterEach(async () => world.close());

const payloads = (): string[] => events.map((event) => `${event.type} ${eventPayload(event)}`);

/** What the log of stdout holds; nothing before there is one. */
const logged = (): string => (existsSync(world.path('out')) ? world.read('out') : '');

async function kill(handle: ChildHandle, pid: number): Promise<void> {
  world.host.kill(pid, 9, 'process');
  await world.exitOf(pid);
  handle.finish();
}

const numbers = (last: number): string =>
  Array.from({ length: last }, (_, index) => `${index + 1}\n`).join('');

describe('capture mode', () => {
  const capturing = (maxbytes = 1000) => ({ stdout: world.channel('out', { capture_maxbytes: maxbytes }) });

  it('makes an event of what is between the tokens, also when they come in parts', async () => {
    await world.close();
    open({ debugOutput: true });
    const handle = world.prepare('cat', capturing());
    const pid = world.start(handle);
    const parts: [part: string, told: string][] = [
      ['before <!--XSUPER', 'before '],
      ['VISOR:BEGIN-->the ', 'the '],
      ['message<!--XSUPERVISOR:END', 'message'],
      ['--> after\n', ' after\n'],
    ];
    for (const [part, told] of parts) {
      handle.writeStdin(Buffer.from(part));
      const line = `debug 'web' stdout output:\n${told}`;
      await waitFor(() => world.log.includes(line), { what: `'${told}' to be told` });
    }
    expect(logged()).toBe('before  after\n');
    expect(payloads()).toEqual([
      `PROCESS_COMMUNICATION_STDOUT processname:web groupname:web pid:${pid}\nthe message`,
    ]);
    expect(world.log.filter((line) => !line.includes('output:'))).toEqual([
      "debug 'web' stdout emitted a comm event",
    ]);
    await kill(handle, pid);
  });

  it('keeps the last bytes of a message that is too large, and says so', async () => {
    await world.run(`printf 'a${beginToken}123456789${endToken}b'`, capturing(4));
    expect(events.map(({ data }) => data.toString())).toEqual(['6789']);
    expect(logged()).toBe('ab');
    expect(world.log).toEqual([
      "debug 'web' stdout emitted a comm event",
      "warn the first 5 bytes of a comm event of 'web' stdout were dropped: stdout_capture_maxbytes=4",
    ]);
  });

  it('that a program dies in gives what was captured to its log, and the next one starts outside', async () => {
    const handle = world.prepare(`printf 'one ${beginToken}two'`, capturing());
    for (let time = 0; time < 2; time += 1) {
      await world.exitOf(world.start(handle));
      handle.finish();
    }
    expect(logged()).toBe('one twoone two');
    expect(events).toEqual([]);
    expect(world.log[0]).toBe(
      "warn 'web' stdout ended in capture mode; 3 bytes of what it captured go to its log",
    );
  });

  it('loses no short output of a program that ends', async () => {
    await world.run(`printf 'bye<!--X'`, capturing());
    expect(logged()).toBe('bye<!--X');
  });

  it('logs what it held back also when the log takes it only later', async () => {
    const fifo = world.path('fifo');
    makeFifo(fifo, 0o600);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const stdout = world.channel('fifo', { capture_maxbytes: 100 });
    const filler = numbers(12_000);
    const handle = world.prepare(
      `sh -c "${program('numbers-lines')} 12000; printf 'in ${beginToken}message<!--X'"`,
      { stdout },
    );
    await world.exitOf(world.start(handle));
    handle.finish();
    let text = '';
    const buffer = Buffer.alloc(65536);
    const read = (): void => {
      try {
        text += buffer.toString('latin1', 0, readSync(reader, buffer));
      } catch {
        // Nothing is there at the moment.
      }
    };
    await waitFor(
      () => {
        read();
        return text.endsWith('<!--X');
      },
      { what: 'the last bytes' },
    );
    expect(text).toBe(`${filler}in message<!--X`);
    closeSync(reader);
    rmSync(fifo);
  });

  it('is for programs, not for what event listeners say on stdout', async () => {
    const section = 'eventlistener:web';
    const stderr = world.channel('err', { capture_maxbytes: 10 });
    const words = `${beginToken}x${endToken}`;
    await world.run(`sh -c "printf '${words}'; printf '${words}' >&2"`, { ...capturing(), section, stderr });
    expect([logged(), world.read('err')]).toEqual([words, '']);
    expect(events.map(({ type }) => type)).toEqual(['PROCESS_COMMUNICATION_STDERR']);
  });
});

describe('PROCESS_LOG events', () => {
  const telling = () => ({
    stdout: world.channel('out', { events_enabled: true }),
    stderr: world.channel('err', { events_enabled: true }),
  });

  it('have what each channel says, and whose it is', async () => {
    const handle = world.prepare("sh -c 'echo out; echo err >&2'", telling());
    const pid = world.start(handle);
    await world.exitOf(pid);
    handle.finish();
    expect(payloads().sort()).toEqual([
      `PROCESS_LOG_STDERR processname:web groupname:web pid:${pid} channel:stderr\nerr\n`,
      `PROCESS_LOG_STDOUT processname:web groupname:web pid:${pid} channel:stdout\nout\n`,
    ]);
    expect([logged(), world.read('err')]).toEqual(['out\n', 'err\n']);
  });

  it('have every byte, also of what is thrown away, and of stderr that goes to stdout', async () => {
    const { stdout } = telling();
    const command = `sh -c "${program('numbers-lines')} 50000 >&2"`;
    const changes = { redirect_stderr: true, stdout: { ...stdout, logfile: { type: 'NONE' } as const } };
    await world.run(command, changes);
    expect(Buffer.concat(events.map(({ data }) => data)).toString()).toBe(numbers(50_000));
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['PROCESS_LOG_STDOUT']));
  });

  it('begin and end with the interest in them, while the program runs', async () => {
    wanted.clear();
    const handle = world.prepare('cat', telling());
    const pid = world.start(handle);
    let all = '';
    const say = async (text: string): Promise<void> => {
      all += text;
      handle.writeStdin(Buffer.from(text));
      await waitFor(() => logged() === all, { what: `'${text}' in the log` });
    };
    await say('unheard ');
    wanted.add('PROCESS_LOG_STDOUT');
    await say('heard ');
    wanted.clear();
    await say('unheard again');
    expect(events.map(({ data }) => data.toString())).toEqual(['heard ']);
    await kill(handle, pid);
  });

  it('have nothing of what is captured', async () => {
    const stdout = world.channel('out', { events_enabled: true, capture_maxbytes: 100 });
    await world.run(`printf 'a${beginToken}b${endToken}c'`, { stdout });
    expect(events.map(({ type, data }) => `${type} ${data}`)).toEqual([
      'PROCESS_LOG_STDOUT a',
      'PROCESS_COMMUNICATION_STDOUT b',
      'PROCESS_LOG_STDOUT c',
    ]);
  });

  it('have no escape sequences with strip_ansi', async () => {
    await world.close();
    open({ stripAnsi: true });
    await world.run(`printf '\\033[1mbold'`, telling());
    expect(events.map(({ data }) => data.toString())).toEqual(['bold']);
  });

  it('are not made of what event listeners say on stdout', async () => {
    const section = 'eventlistener:web';
    await world.run("sh -c 'echo out; echo err >&2'", { ...telling(), section });
    expect(events.map(({ type }) => type)).toEqual(['PROCESS_LOG_STDERR']);
  });
});

describe('output to syslog', () => {
  let epoll: Epoll;
  let syslog: Syslog;
  let path: string;
  let log: string[];

  const openWith = ({ stallMs = 60_000, stripAnsi = false } = {}): void => {
    log = [];
    epoll = new Epoll({ pauseMs: 10, onError: (error) => log.push(String(error)) });
    syslog = new Syslog({ epoll, path, stallMs, log: (level, text) => log.push(`${level} ${text}`) });
    open({ epoll, syslog, stripAnsi });
  };
  const closeAll = async (): Promise<void> => {
    await world.close();
    syslog.close();
    epoll.close();
  };

  beforeEach(async () => {
    await world.close();
    path = `${world.directory}.syslog`;
    openWith();
  });
  afterEach(() => {
    syslog.close();
    epoll.close();
  });
  const copied = (changes = {}) => ({ stdout: world.channel('out', { syslog: true, ...changes }) });

  it('has each line under the name of its process, and the log has all as it is', async () => {
    using listener = new SyslogListener(path);
    const handle = world.prepare('cat', copied());
    const pid = world.start(handle);
    for (const part of ['one\n\ntw', 'o\r\n', 'no end']) {
      handle.writeStdin(Buffer.from(part));
      await waitFor(() => logged().endsWith(part), { what: part });
    }
    expect(listener.texts()).toEqual(['web one', 'web ', 'web two\r']);
    await kill(handle, pid);
    expect(listener.texts().slice(3)).toEqual(['web no end']);
    expect(logged()).toBe('one\n\ntwo\r\nno end');
  });

  it('has every line in order however fast they come, with no other log', async () => {
    using listener = new SyslogListener(path);
    await world.run(`${program('numbers-lines')} 100000`, copied({ logfile: { type: 'NONE' } }));
    await waitFor(() => listener.messages().length === 100_000, { what: 'all lines' });
    const lines = numbers(100_000).trimEnd().split('\n');
    expect(listener.texts()).toEqual(lines.map((line) => `web ${line}`));
    expect(log).toEqual([]);
  });

  it('has what the log has: nothing that is captured, and no escape sequences', async () => {
    await closeAll();
    openWith({ stripAnsi: true });
    using listener = new SyslogListener(path);
    const text = `\\033[1mone${beginToken}two${endToken} three\\n`;
    await world.run(`printf '${text}'`, copied({ capture_maxbytes: 10 }));
    expect(listener.texts()).toEqual(['web one three']);
  });

  it('does not keep a program from going on when syslog is gone or has stopped', async () => {
    await closeAll();
    openWith({ stallMs: 100 });
    await world.run(`${program('numbers-lines')} 100000`, copied());
    expect(logged()).toBe(numbers(100_000));
    using listener = new SyslogListener(path, { isStopped: true });
    await world.run(`${program('numbers-lines')} 100000`, copied());
    await waitFor(() => logged().length === 2 * numbers(100_000).length, { what: 'the whole log' });
    expect(log.every((line) => / (cannot send to syslog|syslog took nothing) /.test(line))).toBe(true);
    expect(listener.messages()).toEqual([]);
  });

  it('leaves logs that are opened again or cleared as they should be', async () => {
    using listener = new SyslogListener(path);
    const handle = world.prepare('cat', copied());
    const pid = world.start(handle);
    handle.writeStdin(Buffer.from('one\n'));
    await waitFor(() => logged() === 'one\n');
    handle.reopenLogs();
    handle.clearLogs();
    handle.writeStdin(Buffer.from('two\n'));
    await waitFor(() => logged() === 'two\n');
    await kill(handle, pid);
    expect(listener.texts()).toEqual(['web one', 'web two']);
  });

  it('is not made of what event listeners say on stdout', async () => {
    using listener = new SyslogListener(path);
    await world.run('echo READY', { ...copied(), section: 'eventlistener:web' });
    expect([logged(), listener.texts()]).toEqual(['READY\n', []]);
  });
});
