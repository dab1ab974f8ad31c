import { env } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { startDaemon } from '../support/daemons.ts';
import { program } from '../support/real-host.ts';
import { type RunNote, runNotes, runRecords } from '../support/run-records.ts';
import { waitFor } from '../support/wait-for.ts';

const isLong = env['LONG_TESTS'] === '1';
const kills = isLong ? 100 : 10;

/** Fire every second; how many runs there may be of each, and how long one takes. */
const schedules = {
  short: { instances: 1, seconds: 0 },
  long: { instances: 1, seconds: 2.5 },
  many: { instances: 3, seconds: 1.5 },
} as const;

const configuration = Object.entries(schedules)
  .map(
    ([name, { instances, seconds }]) => `
[schedule:${name}]
command=${program('notes-its-run')} %(here)s/notes ${seconds}
second=*
misfire_grace_time=none
max_instances=${instances}
history_limit=100000
`,
  )
  .join('');

/** The most runs of a schedule that there were at the same time, by what they have noted themselves. */
function mostAtOnce(notes: readonly RunNote[], schedule: string): number {
  const underWay = new Set<string>();
  let most = 0;
  for (const { what, run, schedule: its } of notes) {
    if (its !== schedule) continue;
    if (what === 'begin') underWay.add(run);
    else underWay.delete(run);
    most = Math.max(most, underWay.size);
  }
  return most;
}

it(
  'no fire is lost, none is started twice, and no run is doubled, whenever the daemon is killed',
  async () => {
    await using daemon = await startDaemon({ implementation: 'ours', configuration });
    for (let count = 0; count < kills; count += 1) {
      await delay(Math.random() * 1500);
      daemon.kill('SIGKILL');
      await daemon.ended();
      await daemon.start();
    }
    // One more of each, so that the last ones are seen to.
    const all = () => runRecords(daemon);
    const last = all().at(-1)?.id ?? '';
    const isSeenTo = () =>
      Object.keys(schedules).every((name) =>
        all().some(({ id, job_id, state }) => id > last && job_id === name && state === 'SUCCESS'),
      );
    await waitFor(isSeenTo, { what: 'runs after the last kill' });
    await daemon.stop();

    const records = all();
    const notes = runNotes(daemon);
    for (const [name, { instances }] of Object.entries(schedules)) {
      const own = records.filter(({ job_id }) => job_id === name);
      // Each second is in one record.
      const seconds = own
        .flatMap(({ fire_time, count }) =>
          Array.from({ length: count }, (_, index) => fire_time + index * 1000),
        )
        .sort((one, other) => one - other);
      const first = seconds[0] ?? 0;
      expect(seconds).toEqual(seconds.map((_, index) => first + index * 1000));
      const begun = notes.filter(({ what, schedule }) => what === 'begin' && schedule === name);
      expect(new Set(begun.map(({ run }) => run)).size).toBe(begun.length);
      expect(new Set(begun.map(({ scheduled }) => scheduled)).size).toBe(begun.length);
      const states = new Map(own.map(({ id, state }) => [id, state]));
      for (const { run } of begun) expect(['SUCCESS', 'LOST', 'CANCELLED']).toContain(states.get(run));
      // Whoever has lost a run that goes on finds its processes in use.
      expect(own.filter(({ state }) => state === 'SPAWN_ERROR' || state === 'FAILED')).toEqual([]);
      expect(mostAtOnce(notes, name)).toBeLessThanOrEqual(instances);
      expect(own.filter(({ is_settled }) => is_settled !== 1)).toEqual([]);
    }
  },
  isLong ? 900_000 : 300_000,
);
