import { performance } from 'node:perf_hooks';
import { Cron } from 'croner';
import { parseCrontab } from '../schedule/triggers/crontab.ts';
import type { Benchmark, Contender } from './benchmark.ts';

const fromText = 'fire time of a crontab line, its reading included';
const fromTrigger = 'fire time after a fire time';

/** Lines that mean the same to both. */
const lines = [
  '*/5 * * * *',
  '0 3 * * *',
  '30 2 * * *',
  '15,45 9-17 * * 1-5',
  '0 0 1 * *',
  '0 9 L * *',
  '0 12 * * 5#3',
  '0 0 29 2 *',
];
const zones = ['UTC', 'Europe/Paris', 'America/New_York'];
const start = Date.UTC(2026, 0, 1);
/** Not a whole number of days or weeks, so that each one is another case. */
const step = 1_234_567_890;
const moments = 40;

/** From a line and a zone to what tells the fire time after an instant. */
type Reader = (line: string, timezone: string) => (after: Date) => Date | undefined;

const ours: Reader = (line, timezone) => {
  const trigger = parseCrontab(line, { timezone });
  return (after) => trigger.getNextFireTime(after, after);
};

const croner: Reader = (line, timezone) => {
  const job = new Cron(line, { timezone });
  return (after) => job.nextRun(after) ?? undefined;
};

export const nextFire: Benchmark = {
  name: 'next-fire',
  title: `fire times of ${lines.length} crontab lines in ${zones.length} zones, in one process`,
  rounds: 9,
  contenders: [contender('ours', ours), contender('croner', croner)],
  marks: [
    { figure: fromText, limit: { atMost: 0.5 }, against: 'croner' },
    { figure: fromTrigger, limit: { atMost: 0.1 }, against: 'croner' },
  ],
};

function contender(name: string, read: Reader): Contender {
  return {
    name,
    async run() {
      check(read);
      const texts = zones.flatMap((zone) => lines.map((line) => ({ line, zone })));
      const instants = Array.from({ length: moments }, (_, index) => new Date(start + index * step));
      const readEach = timeOf(() => {
        for (const { line, zone } of texts) for (const instant of instants) read(line, zone)(instant);
      });
      const triggers = texts.map(({ line, zone }) => read(line, zone));
      const askEach = timeOf(() => {
        for (const next of triggers) {
          let instant = new Date(start);
          for (let count = 0; count < moments; count += 1) instant = next(instant) ?? new Date(start);
        }
      });
      const each = texts.length * moments;
      return [
        { name: fromText, unit: 'µs', value: (readEach / each) * 1000 },
        { name: fromTrigger, unit: 'µs', value: (askEach / each) * 1000 },
      ];
    },
  };
}

/** Speed counts only for those who agree. */
function check(read: Reader): void {
  for (const line of lines) {
    const after = new Date(start);
    const [expected, found] = [ours, read].map((one) => one(line, 'Europe/Paris')(after)?.toISOString());
    if (found !== expected) throw new Error(`${line} is ${found} here and ${expected} there`);
  }
}

function timeOf(work: () => void): number {
  const before = performance.now();
  work();
  return performance.now() - before;
}
