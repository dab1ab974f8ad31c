/** Many upgrades, with everything under way that they could disturb. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { Client } from '../../ctl/client.ts';
import { pidsOfCommand } from '../../daemon/host/pipe-holders.ts';
import { bins, compileCache, type Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { openDescriptors, pidOf, waitForNoZombie, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const programs = resolve('test/fixtures/programs');
const upgrades = 20;
const anonymous = { username: undefined, password: undefined };

/** Does something over and over until told to end, and keeps what went wrong. */
class Loop {
  readonly failures: string[] = [];
  count = 0;
  #isEnding = false;
  readonly #ended: Promise<void>;

  constructor(once: () => Promise<unknown>) {
    this.#ended = this.#run(once);
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#ended;
  }

  async #run(once: () => Promise<unknown>): Promise<void> {
    while (!this.#isEnding) {
      try {
        await once();
        this.count += 1;
      } catch (error) {
        this.failures.push(String(error));
      }
      // The daemon needs some of the machine, too.
      await delay(2);
    }
  }
}

/** Asks on a connection of its own each time. */
function asking(serverurl: string): Loop {
  return new Loop(async () => {
    using client = new Client(serverurl, anonymous);
    await client.call('supervisor.getAllProcessInfo');
  });
}

/** Asks a FastCGI program for its pid. */
function greeting(path: string): Promise<void> {
  return new Promise((done, reject) => {
    const socket = connect(path);
    socket.once('data', () => socket.end());
    socket.once('close', (hadError) => hadError || done());
    socket.once('error', reject);
  });
}

/** What `supervisorctl` prints while it follows a log. */
function following(daemon: Daemon, ...words: readonly string[]) {
  return execa(join(bins.ours, 'supervisorctl'), ['-c', daemon.configurationFile, ...words], {
    reject: false,
    buffer: true,
    env: compileCache,
  });
}

describe(`${upgrades} upgrades in a row`, () => {
  let daemon: Daemon;
  let loops: Readonly<Record<'unix' | 'inet' | 'kept' | 'fcgi', Loop>>;
  let kept: Client;
  let pids: readonly number[];
  let descriptors: { readonly before: number; readonly after: number };
  let followed: { readonly stdout: string; readonly exitCode?: number };
  const names = ['flood', 'counts', 'answers', 'sleeps'];

  beforeAll(async () => {
    const port = await freePort();
    daemon = await startDaemon({
      implementation: 'ours',
      configuration: [
        `[inet_http_server]\nport=127.0.0.1:${port}`,
        `[program:flood]\ncommand=${programs}/floods-with-numbers\nstdout_logfile=%(here)s/flood\nstdout_logfile_maxbytes=0`,
        `[program:counts]\ncommand=${programs}/counts-in-short-lines\nstdout_logfile=%(here)s/counts`,
        `[fcgi-program:answers]\ncommand=${programs}/accepts-on-stdin\nsocket=unix://%(here)s/fcgi`,
        '[program:sleeps]\ncommand=/bin/sleep 1000',
      ].join('\n'),
    });
    for (const name of names) await waitForState(daemon, name, 'RUNNING');
    pids = await Promise.all(names.map((name) => pidOf(daemon, name)));
    // What is opened at the first time, such as by the check, is there now.
    await daemon.upgrade();
    const tail = following(daemon, 'tail', '-f', 'counts');
    let isShown = false;
    tail.stdout.once('data', () => {
      isShown = true;
    });
    await waitFor(() => isShown);
    kept = new Client(`unix://${daemon.socket}`, anonymous);
    loops = {
      unix: asking(`unix://${daemon.socket}`),
      inet: asking(`http://127.0.0.1:${port}`),
      kept: new Loop(() => kept.call('supervisor.getState')),
      fcgi: new Loop(() => greeting(join(daemon.dir, 'fcgi'))),
    };
    for (let count = 0; count < upgrades; count += 1) await daemon.upgrade();
    for (const loop of Object.values(loops)) await loop.end();
    kept[Symbol.dispose]();
    await daemon.rpc('supervisor.stopProcess', 'counts');
    tail.kill('SIGINT');
    followed = await tail;
    await daemon.rpc('supervisor.stopProcess', 'flood');
    // Of one life of the daemon, and of the next, when nobody is connected.
    const before = await settledDescriptors();
    await daemon.upgrade();
    descriptors = { before, after: await settledDescriptors() };
  }, 600_000);
  afterAll(() => daemon[Symbol.asyncDispose]());

  /** Those of connections that were closed go a moment later. */
  async function settledDescriptors(): Promise<number> {
    let last = -1;
    await waitFor(async () => {
      const now = openDescriptors(daemon.pid);
      const isSettled = now === last;
      last = now;
      await delay(200);
      return isSettled;
    });
    return last;
  }

  it('leave each process as it is', async () => {
    expect(await pidOf(daemon, 'answers')).toBe(pids[2]);
    expect(await pidOf(daemon, 'sleeps')).toBe(pids[3]);
    expect(daemon.logText().match(/spawned:/g)).toHaveLength(names.length);
    expect(daemon.logText()).not.toContain(' ERRO ');
    expect(daemon.logText().match(/INFO upgraded from version/g)).toHaveLength(upgrades + 2);
  });

  it('lose no line of a program that floods its log, and repeat none', () => {
    const lines = readFileSync(join(daemon.dir, 'flood'), 'utf8').split('\n').slice(0, -1);
    expect(lines.length).toBeGreaterThan(10_000);
    expect(lines.findIndex((line, index) => line !== String(index + 1))).toBe(-1);
  });

  for (const [kind, clients] of [
    ['unix', 'clients that connect to the unix socket'],
    ['inet', 'clients that connect to the TCP port'],
    ['kept', 'a client that asks again and again on one connection'],
    ['fcgi', 'clients of a FastCGI program'],
  ] as const) {
    it(`are not noticed by ${clients}, whenever they come`, () => {
      expect(loops[kind].failures).toEqual([]);
      expect(loops[kind].count).toBeGreaterThan(upgrades);
    });
  }

  it('are not seen in what tail -f shows: nothing is missing, and nothing comes twice', () => {
    const [, ...shown] = followed.stdout.trimEnd().split('\n');
    expect(shown.length).toBeGreaterThan(upgrades);
    const first = Number(shown[0]);
    expect(shown).toEqual(shown.map((_, index) => String(first + index)));
  });

  it('leave no descriptor open, no zombie, and one process that keeps pipes', async () => {
    expect(descriptors.after).toBe(descriptors.before);
    // Two for each program that has written, the FastCGI socket, and what a daemon has anyway.
    expect(descriptors.after).toBeLessThan(60);
    expect(pidsOfCommand(['cat', `${daemon.socket}.d/keeps-pipes-open`])).toHaveLength(1);
    await waitForNoZombie(daemon.pid);
  });
});
