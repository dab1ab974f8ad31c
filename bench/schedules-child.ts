/**
 * What `schedule.ts` measures: the bundled library with many schedules. Says when it has done what the lines that it
 * reads ask for.
 *
 *     node schedules-child.ts LIBRARY COUNT
 */
import { argv, exit, stdin } from 'node:process';
import { createInterface } from 'node:readline';

const [, , library = '', count = ''] = argv;
const { Scheduler, currentRun }: typeof import('../schedule/index.ts') = await import(library);
const jobs = Number(count);
const lateness: number[] = [];

const scheduler = new Scheduler({ timezone: 'UTC', jobDefaults: { misfireGraceTime: null } });
scheduler.registerFunction('fire', () => {
  const dueTime = currentRun()?.run.dueTime.getTime() ?? 0;
  lateness.push(performance.timeOrigin + performance.now() - dueTime);
});
await scheduler.start();
globalThis.gc?.({ type: 'major', flavor: 'last-resort' });
console.log('empty');

for await (const line of createInterface(stdin)) {
  if (line === 'fill') {
    for (let job = 0; job < jobs; job += 1) {
      await scheduler.addJob('fire', 'cron', { hour: 3, minute: job % 60, startDate: '2100-01-01' });
    }
    globalThis.gc?.({ type: 'major', flavor: 'last-resort' });
    console.log('full');
  } else if (line.startsWith('fire ')) {
    const [, seconds = '', perSecond = ''] = line.split(' ');
    await scheduler.removeAllJobs();
    const start = Date.now() + 5000;
    for (let job = 0; job < jobs; job += 1) {
      const startDate = new Date(start + (job * 1000) / Number(perSecond));
      await scheduler.addJob('fire', 'interval', { seconds: jobs / Number(perSecond), startDate });
    }
    setTimeout(
      () => {
        console.log(JSON.stringify(lateness));
        exit();
      },
      start + Number(seconds) * 1000 - Date.now(),
    );
  }
}
