/**
 * Daemons are killed and upgraded, reloaded and told all kinds of things at the same time, and their programs write
 * numbered lines all the while.
 *
 * `LONG_TESTS=1` takes ten minutes each, `CHAOS_SECONDS=<n>` as many seconds as is said. `CHAOS_SEED=<n>` makes the
 * choices of a run that failed; how they meet is up to the machine.
 */
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { expect, it } from '@jest/globals';
import { anonymousKilobytes, openDescriptors, waitForNoZombie } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { Chaos, type ChaosOptions } from './chaos.ts';
import { sumOf } from './ledger.ts';
import type { Lives } from './lives.ts';
import type { Writer } from './writers.ts';

const isLong = env['LONG_TESTS'] !== undefined;
const seconds = Number(env['CHAOS_SECONDS'] ?? (isLong ? 600 : 10));
const seed = Number(env['CHAOS_SEED'] ?? randomInt(2 ** 31));
const limit = (seconds + 300) * 1000;
/** Milliseconds in which a listener that is behind on a busy machine has caught up. */
const listenerLimit = 120_000;

const common = { seed, passing: ['passing'], maxBytes: 100_000, rate: 100 };

type SurvivalOptions = Pick<ChaosOptions, 'writers'> &
  Partial<ChaosOptions> & {
    /** Waits for what an end in order would cut short. */
    readonly beforeEnd?: (chaos: Chaos) => Promise<void>;
  };

/** Has accidents happen, and checks what is the same for all kinds of programs. */
async function survive(options: SurvivalOptions): Promise<Chaos> {
  await using moved = new AsyncDisposableStack();
  const chaos = moved.use(new Chaos({ ...common, ...options }));
  await chaos.run(seconds);
  const { lives, life } = chaos;
  const descriptors = openDescriptors(life.pid);
  const resident = anonymousKilobytes(life.pid);
  const files = chaos.leftInRuntimeDirectory();
  await waitForNoZombie(life.pid);
  await options.beforeEnd?.(chaos);
  await lives.rpc('supervisor.stopAllProcesses');
  const ledger = sumOf(chaos.writers.ledgers(chaos.unread));
  const tally = [...chaos.tally].map(([what, count]) => `${count} × ${what}`).join(', ');
  console.log(`${tally}\n${JSON.stringify(ledger)}`);
  expect(ledger).toMatchObject({ lost: 0, doubled: 0, torn: 0, displaced: 0, examples: [] });
  expect(ledger.written).toBeGreaterThan(0);

  await lives.end(life, 'SIGTERM');
  expect(life.end).toBe('status 0');
  expect(chaos.keepers()).toEqual([]);
  expect(chaos.copies.of()).toEqual([]);
  expect(lives.log()).not.toMatch(/uncaught|unexpected exception/i);

  const fresh = await lives.start();
  await waitFor(() => chaos.copies.of().length === chaos.configured.length);
  // Nothing but what any daemon has; somebody may have removed some of it, which programs do without.
  const isUsual = (file: string): boolean => chaos.leftInRuntimeDirectory().includes(file);
  await waitFor(() => files.every(isUsual), { what: `no file but ${files}` });
  // A descriptor for each adopted process, and two to watch those.
  expect(descriptors).toBeLessThanOrEqual(openDescriptors(fresh.pid) + options.writers.length + 2);
  expect(resident).toBeLessThan(anonymousKilobytes(fresh.pid) + 48 * 1024);
  moved.move();
  return chaos;
}

it(
  `accidents lose no line, run nothing twice and leak nothing: ${seconds} s, CHAOS_SEED=${seed}`,
  async () => {
    const writers: readonly Writer[] = [
      { name: 'plain', keys: 'startsecs=0' },
      { name: 'slow', keys: 'startsecs=1\nstartretries=1000' },
      { name: 'errors', keys: 'startsecs=0', writesTo: 'stderr' },
      {
        name: 'merged',
        keys: 'startsecs=0\nredirect_stderr=true\nstopasgroup=true\nkillasgroup=true',
        writesTo: 'stderr',
      },
      { name: 'unexpected', keys: 'startsecs=0\nautorestart=unexpected\nexitcodes=7' },
      { name: 'passing', keys: 'startsecs=0' },
    ];
    await using _ = await survive({ writers });
  },
  limit,
);

it(
  `the same holds for output that goes through filters, and listeners are told of every start: ${seconds} s, CHAOS_SEED=${seed}`,
  async () => {
    const writers: readonly Writer[] = [
      { name: 'captured', keys: 'startsecs=0\nstdout_capture_maxbytes=1MB' },
      { name: 'told', keys: 'startsecs=0\nstderr_events_enabled=true', writesTo: 'stderr' },
      { name: 'stripped', keys: 'startsecs=0' },
      { name: 'passing', keys: 'startsecs=0' },
    ];
    await using chaos = await survive({
      writers,
      supervisord: 'strip_ansi=true',
      sections: `[eventlistener:notes]
command=${resolve('test/fixtures/listeners/answers')} %(here)s/events 'RESULT 2\\nOK'
events=PROCESS_STATE_RUNNING,PROCESS_LOG_STDERR
buffer_size=1000000
startsecs=0
`,
      // An orderly end gives listeners a second; and what was staged is in the runtime directory.
      spared: ['reload', 'remove all'],
      // A listener that is stopped with the programs, which may be far behind, hears of nothing more.
      async beforeEnd({ lives }) {
        await toldOfEveryStart(lives, writers);
        expect(serialsMissed(lives)).toEqual([]);
      },
    });
    await toldOfEveryStart(chaos.lives, writers);
  },
  limit,
);

/** Waits until the listener has noted of each child of a writer that it is RUNNING. */
async function toldOfEveryStart(lives: Lives, writers: readonly Writer[]): Promise<void> {
  const names = writers.map(({ name }) => name).join('|');
  const pattern = new RegExp(` spawned: '(?:${names})' with pid (\\d+)\n.* success`, 'g');
  const spawned = [...lives.log().matchAll(pattern)].map(([, pid = '']) => pid);
  expect(spawned.length).toBeGreaterThan(0);
  const missing = () => {
    const told = new Set(captures(notes(lives), /eventname:PROCESS_STATE_RUNNING .*\|.* pid:(\d+)/g));
    return spawned.filter((pid) => !told.has(pid));
  };
  const what = 'the listener to be told of every start';
  await waitFor(() => missing().length === 0, { what, limit: listenerLimit });
}

/** Numbers of the events that the listener has not been told, though it has been told a later one. */
function serialsMissed(lives: Lives): number[] {
  const told = new Set(captures(notes(lives), /^ver:.* poolserial:(\d+) eventname:/gm).map(Number));
  const all = Array.from({ length: Math.max(...told) + 1 }, (_, serial) => serial);
  return all.filter((serial) => !told.has(serial));
}

/** What the listener has noted. */
function notes({ dir }: Lives): string {
  const path = join(dir, 'events');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function captures(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, captured = '']) => captured);
}
