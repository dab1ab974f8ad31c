/** What becomes of programs and of what they write when something happens to their daemon. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { getuid, kill } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { Copies } from '../test/chaos/copies.ts';
import { type Ledger, sumOf } from '../test/chaos/ledger.ts';
import { type Life, Lives } from '../test/chaos/lives.ts';
import { Writers } from '../test/chaos/writers.ts';
import type { Implementation } from '../test/support/daemons.ts';
import { waitFor } from '../test/support/wait-for.ts';

/** What happened to each program each time, and how long it took. */
export interface Outcome {
  /** Children that ran on, and are supervised. */
  readonly survived: number;
  /** Children that made room for others. */
  readonly replaced: number;
  /** Children that ran on with nobody to supervise them, beside those that were started in their place. */
  readonly doubled: number;
  /** Milliseconds each time until all programs were RUNNING again. */
  readonly milliseconds: readonly number[];
  readonly lines: Ledger;
}

export interface Accident {
  readonly title: string;
  readonly times: number;
  readonly isForRoot?: boolean;
  /** @returns the child that it has ended, if it is one: the daemon may be yet to notice */
  happen(scene: Scene): Promise<number | undefined>;
}

/** A daemon with two programs that write, and one that does not. */
export interface Scene {
  readonly implementation: Implementation;
  readonly lives: Lives;
  readonly copies: Copies;
  /** A directory on a small file system, where the logs are if the accident is for root. */
  readonly disk: string;
  life: Life;
}

const names = ['one', 'other', 'quiet'];
/** Lines a second of those that write. */
const rate = 500;

/** What a daemon logs that starts over. */
const restarted = /received SIG(?:HUP|USR1)[\s\S]*supervisord started with pid/;

export const accidents: readonly Accident[] = [
  {
    title: 'kill -9 of the daemon, the next one started at once',
    times: 20,
    async happen(scene) {
      await scene.lives.end(scene.life, 'SIGKILL');
      scene.life = await scene.lives.start();
      return undefined;
    },
  },
  {
    title: 'kill -9 of the daemon, the next one started two seconds later',
    times: 10,
    async happen(scene) {
      await scene.lives.end(scene.life, 'SIGKILL');
      await delay(2000);
      scene.life = await scene.lives.start();
      return undefined;
    },
  },
  {
    title: 'kill -9 of a program',
    times: 20,
    async happen({ copies }) {
      const [pid] = copies.of('one');
      if (pid !== undefined) kill(pid, 'SIGKILL');
      return pid;
    },
  },
  {
    title: 'SIGHUP: everything is started anew',
    times: 10,
    async happen({ lives, life }) {
      const before = lives.log().length;
      kill(life.pid, 'SIGHUP');
      await waitFor(() => restarted.test(lives.log().slice(before)));
      return undefined;
    },
  },
  {
    title: 'a new version of the daemon (supervisord: an orderly end, and a start)',
    times: 10,
    async happen(scene) {
      const { lives, life, implementation } = scene;
      if (implementation === 'ours') {
        const before = lives.log().length;
        kill(life.pid, 'SIGUSR1');
        await waitFor(() => restarted.test(lives.log().slice(before)));
      } else {
        await lives.end(life, 'SIGTERM');
        scene.life = await lives.start();
      }
      return undefined;
    },
  },
  {
    title: 'the disk with the logs is full for a second',
    times: 5,
    isForRoot: true,
    async happen({ disk }) {
      const filler = join(disk, 'filler');
      fill(filler);
      await delay(1000);
      rmSync(filler);
      return undefined;
    },
  },
];

/** Whether an accident can be brought about here. */
export function isPossible({ isForRoot = false }: Accident): boolean {
  return !isForRoot || getuid?.() === 0;
}

/** Brings about an accident as often as it says. */
export async function outcomeOf(implementation: Implementation, accident: Accident): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const lives = stack.use(new Lives(implementation));
  const disk = join(lives.dir, 'disk');
  if (accident.isForRoot) {
    mkdirSync(disk);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    stack.defer(async () => void (await execa('umount', ['--lazy', disk])));
  }
  const directory = join(lives.dir, 'writers');
  const writers = stack.use(new Writers({ directory, maxBytes: 0, rate }));
  const copies = stack.use(new Copies({ directory }));
  const sections = names.map((name) =>
    writers.section({
      name,
      keys: 'startsecs=0',
      isQuiet: name === 'quiet',
      log: join(accident.isForRoot ? disk : lives.dir, `${name}.log`),
    }),
  );
  lives.configure(sections.join(''));
  const scene: Scene = { implementation, lives, copies, disk, life: await lives.start() };
  await supervised(scene);

  let [survived, replaced, doubled] = [0, 0, 0];
  const milliseconds: number[] = [];
  for (let time = 0; time < accident.times; time += 1) {
    await delay(500 + Math.random() * 500);
    const before = await supervised(scene);
    const start = performance.now();
    const gone = await accident.happen(scene);
    const after = await supervised(scene, gone);
    milliseconds.push(performance.now() - start);
    for (const [name, pid] of before) {
      const isThere = copies.of(name).includes(pid);
      if (isThere && after.get(name) === pid) survived += 1;
      else if (isThere) doubled += 1;
      else replaced += 1;
      // Those that nobody supervises would write, and be counted, for ever.
      if (isThere && after.get(name) !== pid) kill(pid, 'SIGKILL');
    }
  }
  writers.rest();
  await delay(1500);
  await lives.rpc('supervisor.stopAllProcesses');
  const lines = sumOf(writers.ledgers());
  await lives.end(scene.life, 'SIGTERM');
  return { survived, replaced, doubled, milliseconds, lines };
}

/**
 * Waits until the daemon has all programs RUNNING.
 *
 * @param gone a child that it may not have noticed to have ended
 * @returns their pids
 */
async function supervised({ lives, copies }: Scene, gone?: number): Promise<Map<string, number>> {
  const pids = new Map<string, number>();
  const isRunning = async (name: string) => {
    const info = await lives.rpc('supervisor.getProcessInfo', name);
    const pid = info instanceof Map && info.get('statename') === 'RUNNING' ? Number(info.get('pid')) : 0;
    pids.set(name, pid);
    return pid !== 0 && pid !== gone && copies.of(name).includes(pid);
  };
  const areRunning = async () => {
    copies.look();
    try {
      for (const name of names) if (!(await isRunning(name))) return false;
      return true;
    } catch {
      // It does not answer, or is just starting over.
      return false;
    }
  };
  await waitFor(areRunning, { what: 'all programs to be RUNNING', limit: 60_000 });
  return pids;
}

function fill(path: string): void {
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' });
  } catch {
    // Full now.
  }
}
