import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import * as events from '../../schedule/events.ts';
import { Scheduler } from '../../schedule/scheduler.ts';
import { MemoryJobStore } from '../../schedule/stores/memory.ts';
import { CronTrigger } from '../../schedule/triggers/cron-trigger.ts';
import { DateTrigger } from '../../schedule/triggers/date-trigger.ts';
import { IntervalTrigger } from '../../schedule/triggers/interval-trigger.ts';
import { ManualClock, quiet } from './support/manual-clock.ts';
import { MemoryLog } from './support/world.ts';

/** What the real one said and told its listeners, by recorded/record.py. */
const recorded: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('recorded/apscheduler.json', import.meta.url), 'utf8'),
);

/** APScheduler prints the abbreviation of a zone, which cannot be had here. */
function recording(part: string): readonly string[] {
  return (recorded[part] ?? []).map((line) =>
    line.replace(/ UTC\)$/, '+00:00)').replace('get x None', 'get x undefined'),
  );
}

const names = new Map(
  Object.entries(events).flatMap(([name, code]) => (typeof code === 'number' ? [[code, name] as const] : [])),
);

class Recorder {
  readonly clock = new ManualClock();
  readonly scheduler = new Scheduler({ timezone: 'UTC', clock: this.clock, logger: new MemoryLog() });
  readonly lines: string[] = [];

  constructor() {
    this.scheduler.addListener((event) => {
      const about = 'jobId' in event ? event.jobId : event.alias;
      this.lines.push([names.get(event.code), about].filter(Boolean).join(' '));
    });
  }

  async call(label: string, work: () => unknown): Promise<void> {
    try {
      await work();
      this.lines.push(`${label}: ok`);
    } catch (error) {
      this.lines.push(`${label}: ${error instanceof Error ? error.message : error}`);
    }
  }

  async print(jobStore?: string): Promise<void> {
    let text = '';
    await this.scheduler.printJobs(jobStore, { write: (part) => (text += part) });
    this.lines.push(...text.trimEnd().split('\n'));
  }
}

const work = () => undefined;
const cron = (options: ConstructorParameters<typeof CronTrigger>[0]) =>
  new CronTrigger({ ...options, timezone: 'UTC' });

it('lives as APScheduler does', async () => {
  const r = new Recorder();
  const s = r.scheduler;
  await r.call('pause', () => s.pause());
  await r.call('resume', () => s.resume());
  await r.call('shutdown', () => s.shutdown());
  await r.print();
  await r.call('add', () => s.addJob(work, cron({ hour: 3 }), { id: 'a', name: 'nightly' }));
  await r.call('add', () => s.addJob(work, cron({ hour: 4 }), { id: 'b', name: 'later', nextRunTime: null }));
  await r.print();
  await r.call('start', () => s.start({ paused: true }));
  r.lines.push(`state ${s.state}`);
  await r.call('start', () => s.start());
  await r.call('resume', () => s.resume());
  await r.call('resume', () => s.resume());
  r.lines.push(`state ${s.state}`);
  await r.call('pause', () => s.pause());
  await r.call('pause', () => s.pause());
  r.lines.push(`state ${s.state}`);
  await r.call('shutdown', () => s.shutdown());
  r.lines.push(`state ${s.state}`);
  await r.call('shutdown', () => s.shutdown());
  expect(r.lines).toEqual(recording('life'));
});

it('refuses two jobs of one id when it starts, as APScheduler does', async () => {
  const r = new Recorder();
  const s = r.scheduler;
  await r.call('add', () => s.addJob(work, cron({ hour: 3 }), { id: 'a' }));
  await r.call('add', () => s.addJob(work, cron({ hour: 3 }), { id: 'a' }));
  await r.call('start', () => s.start());
  r.lines.push(`state ${s.state}`);
  expect(r.lines).toEqual(recording('conflict_at_start'));
});

it('keeps jobs as APScheduler does', async () => {
  const r = new Recorder();
  const s = r.scheduler;
  await s.start({ paused: true });
  const far = cron({ year: 2100 });
  await r.call('add', () => s.addJob(work, far, { id: 'a', name: 'far' }));
  await r.call('add again', () => s.addJob(work, far, { id: 'a' }));
  await r.call('replace', () => s.addJob(work, far, { id: 'a', name: 'far', replaceExisting: true }));
  await r.call('add never', () =>
    s.addJob(work, cron({ month: 2, day: 30 }), { id: 'never', name: 'never' }),
  );
  await r.call('add paused', () => s.addJob(work, far, { id: 'paused', name: 'paused', nextRunTime: null }));
  r.lines.push(`jobs ${(await s.getJobs()).map(({ id }) => id)}`);
  await r.call('unknown store', () => s.addJob(work, far, { jobStore: 'x' }));
  await r.call('unknown trigger', () => s.addJob(work, 'moon'));
  r.lines.push(`get x ${await s.getJob('x')}`);
  await r.call('pause_job', () => s.pauseJob('x'));
  await r.call('resume_job', () => s.resumeJob('x'));
  await r.call('remove_job', () => s.removeJob('x'));
  await r.call('reschedule_job', () => s.rescheduleJob('x'));
  await r.call('modify_job', () => s.modifyJob('x', {}));
  const odd: Record<string, object> = { id: { id: 'b' }, foo: { foo: 1 } };
  for (const [name, changes] of Object.entries(odd))
    await r.call(`modify ${name}`, () => s.modifyJob('a', changes));
  await r.call('modify max_instances', () => s.modifyJob('a', { maxInstances: 0 }));
  await r.call('modify misfire_grace_time', () => s.modifyJob('a', { misfireGraceTime: 0 }));
  await r.call('modify name', () => s.modifyJob('a', { name: '' }));
  const changes = { name: 'farther', maxInstances: 3, misfireGraceTime: null, coalesce: false };
  await r.call('modify', () => s.modifyJob('a', changes));
  await r.call('pause', () => s.pauseJob('a'));
  await r.print();
  await r.call('pause', () => s.pauseJob('a'));
  await r.call('resume', () => s.resumeJob('a'));
  await r.call('resume never', () => s.resumeJob('never'));
  await r.call('reschedule paused', () => s.rescheduleJob('paused', 'cron', { year: 2101 }));
  await r.print();
  await r.call('remove', () => s.removeJob('a'));
  await r.call('remove all', () => s.removeAllJobs());
  await r.print();
  await s.shutdown();
  expect(r.lines).toEqual(recording('jobs'));
});

it('keeps job stores and executors as APScheduler does', async () => {
  const r = new Recorder();
  const s = r.scheduler;
  await r.call('add store', () => s.addJobStore(new MemoryJobStore(), 'other'));
  await r.call('add store', () => s.addJobStore(new MemoryJobStore(), 'other'));
  await r.call('remove store', () => s.removeJobStore('x'));
  await r.call('remove executor', () => s.removeExecutor('x'));
  await s.start({ paused: true });
  await r.call('add', () =>
    s.addJob(work, cron({ year: 2100 }), { id: 'a', name: 'far', jobStore: 'other' }),
  );
  await r.print();
  await r.call('remove store', () => s.removeJobStore('other'));
  await s.shutdown();
  expect(r.lines).toEqual(recording('parts'));
});

it('runs what is due as APScheduler does', async () => {
  const r = new Recorder();
  const s = r.scheduler;
  await s.start();
  const now = r.clock.now();
  const hourAgo = new Date(now.getTime() - 3_600_000);
  const halfHourly = new IntervalTrigger({ minutes: 30, startDate: hourAgo, timezone: 'UTC' });
  const fail = () => {
    throw new Error('oh');
  };
  await s.addJob(work, new DateTrigger({ runDate: now }), { id: 'good', misfireGraceTime: 60 });
  await quiet();
  await s.addJob(fail, new DateTrigger({ runDate: now }), { id: 'bad', misfireGraceTime: 60 });
  await quiet();
  await s.addJob(work, new DateTrigger({ runDate: hourAgo }), { id: 'late' });
  await quiet();
  const due = { nextRunTime: hourAgo, misfireGraceTime: null };
  await s.addJob(work, halfHourly, { id: 'coalesced', ...due });
  await quiet();
  await s.addJob(work, halfHourly, { id: 'all', coalesce: false, ...due });
  await quiet();
  await s.shutdown();
  const ends = /^EVENT_JOB_(EXECUTED|ERROR|MISSED)/;
  expect(r.lines.filter((line) => ends.test(line))).toEqual(recording('runs'));
});

it('has the events of APScheduler, by the same numbers', () => {
  const codes = [...names].filter(([code]) => code <= events.EVENT_ALL).sort(([one], [other]) => one - other);
  expect(codes).toEqual([
    [1, 'EVENT_SCHEDULER_STARTED'],
    [2, 'EVENT_SCHEDULER_SHUTDOWN'],
    [4, 'EVENT_SCHEDULER_PAUSED'],
    [8, 'EVENT_SCHEDULER_RESUMED'],
    [16, 'EVENT_EXECUTOR_ADDED'],
    [32, 'EVENT_EXECUTOR_REMOVED'],
    [64, 'EVENT_JOBSTORE_ADDED'],
    [128, 'EVENT_JOBSTORE_REMOVED'],
    [256, 'EVENT_ALL_JOBS_REMOVED'],
    [512, 'EVENT_JOB_ADDED'],
    [1024, 'EVENT_JOB_REMOVED'],
    [2048, 'EVENT_JOB_MODIFIED'],
    [4096, 'EVENT_JOB_EXECUTED'],
    [8192, 'EVENT_JOB_ERROR'],
    [16384, 'EVENT_JOB_MISSED'],
    [32768, 'EVENT_JOB_SUBMITTED'],
    [65536, 'EVENT_JOB_MAX_INSTANCES'],
    [131071, 'EVENT_ALL'],
  ]);
});
