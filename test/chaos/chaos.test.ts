/**
 * Daemons are killed and upgraded, reloaded and told all kinds of things at the same time, and their programs write
 * numbered lines all the while.
 *
 * `LONG_TESTS=1` takes ten minutes, `CHAOS_SECONDS=<n>` as many seconds as is said. `CHAOS_SEED=<n>` makes the choices of
 * a run that failed; how they meet is up to the machine.
 */
import { randomInt } from 'node:crypto';
import { env } from 'node:process';
import { expect, it } from '@jest/globals';
import { openDescriptors, procStatus, residentKilobytes } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { Chaos } from './chaos.ts';
import { sumOf } from './ledger.ts';
import type { Writer } from './writers.ts';

const isLong = env['LONG_TESTS'] !== undefined;
const seconds = Number(env['CHAOS_SECONDS'] ?? (isLong ? 600 : 15));
const seed = Number(env['CHAOS_SEED'] ?? randomInt(2 ** 31));

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

it(
  `loses no line, runs nothing twice and leaks nothing in ${seconds} s of accidents (CHAOS_SEED=${seed})`,
  async () => {
    await using chaos = new Chaos({ seed, writers, passing: ['passing'], maxBytes: 100_000, rate: 100 });
    await chaos.run(seconds);

    const { lives, life } = chaos;
    const descriptors = openDescriptors(life.pid);
    const resident = residentKilobytes(life.pid);
    const files = chaos.leftInRuntimeDirectory();
    await lives.rpc('supervisor.stopAllProcesses');
    const ledger = sumOf(chaos.writers.ledgers(chaos.strays));
    console.log([...chaos.tally].map(([what, count]) => `${count} × ${what}`).join(', '), ledger);
    expect(ledger).toMatchObject({ lost: 0, doubled: 0, torn: 0, displaced: 0, examples: [] });
    expect(ledger.written).toBeGreaterThan(0);

    await lives.end(life, 'SIGTERM');
    expect(life.end).toBe('status 0');
    expect(chaos.keepers()).toEqual([]);
    expect(chaos.copies.of()).toEqual([]);
    expect(lives.log()).not.toMatch(/uncaught|unexpected exception/i);

    const fresh = await lives.start();
    await waitFor(() => chaos.copies.of().length === chaos.configured.length);
    expect(files).toEqual(chaos.leftInRuntimeDirectory());
    // A descriptor for each adopted process, and one to watch those.
    expect(descriptors).toBeLessThanOrEqual(openDescriptors(fresh.pid) + writers.length + 2);
    expect(resident).toBeLessThan(residentKilobytes(fresh.pid) + 48 * 1024);
    expect(procStatus(fresh.pid, 'State')).not.toMatch(/^Z/);
  },
  (seconds + 180) * 1000,
);
