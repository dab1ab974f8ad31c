import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConflictingIdError, JobLookupError } from '../../../schedule/errors.ts';
import type { Job } from '../../../schedule/job.ts';
import type { JobChange, JobStore } from '../../../schedule/job-store.ts';
import type { Run } from '../../../schedule/run.ts';
import { waitFor } from '../../support/wait-for.ts';
import {
  at,
  endedRun,
  pausedJob,
  runId,
  type SampleContext,
  sampleContext,
  sampleJob,
  sampleRun,
} from './samples.ts';

/** Stored data, and the stores that open it. */
export interface StoredData extends AsyncDisposable {
  /** A store that is not open yet. Of data that is shared each call makes another one. */
  newStore(): JobStore;
  /** Makes the record of a job one that cannot be read, without going through a store. */
  spoilJob?(id: string): void | Promise<void>;
  /** The same for a run. */
  spoilRun?(id: string, attempt: number): void | Promise<void>;
}

export interface Kind {
  /** What was stored is there for the next store too. */
  readonly isPersistent: boolean;
  /** Several stores may be open at the same time. */
  readonly isShared: boolean;
  /** All of it is one record: there is none that could be unreadable beside others. */
  readonly isOneRecord?: boolean;
  /** It waits for a disk, and so takes several changes, or jobs, at once. */
  readonly isGrouping?: boolean;
}

/** What the scheduler relies on. Every job store, also one of somebody else, must be as these sentences say. */
export function conformsToJobStore(
  name: string,
  { isPersistent, isShared, isOneRecord = false, isGrouping = false }: Kind,
  newData: () => StoredData | Promise<StoredData>,
): void {
  describe(name, () => {
    let data: StoredData;
    let store: JobStore;
    let context: SampleContext;
    const opened: JobStore[] = [];

    async function open(as: SampleContext): Promise<JobStore> {
      const another = data.newStore();
      opened.push(another);
      await another.open(as);
      return another;
    }

    beforeEach(async () => {
      data = await newData();
      context = sampleContext('a');
      store = await open(context);
    });

    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close();
      await data[Symbol.asyncDispose]();
    });

    describe('jobs', () => {
      it('gives back a job as it was added', async () => {
        const job = sampleJob({
          hosts: ['a', 'b'],
          historyMaxAge: 86_400,
          timeout: 1.5,
          lastFireTime: at(-60),
          dueTime: at(12.345),
          data: { file: 'web.conf', line: 12, 'a "b"': [] },
        });
        await store.addJob(job);
        expect(await store.lookupJob('nightly')).toEqual(job);
      });

      it('tells nothing from null', async () => {
        await store.addJob(pausedJob({ misfireGraceTime: null }));
        const found = await store.lookupJob('nightly');
        expect(found?.nextRunTime).toBeUndefined();
        expect(found?.misfireGraceTime).toBeNull();
      });

      it('has no job that nobody has added', async () => {
        expect(await store.lookupJob('nightly')).toBeUndefined();
      });

      it.each(['a b', 'käse', "o'clock", 'a:b/c', '{x}', '*', 'two\nlines', '__proto__', '1e3'])(
        'takes any text for an id: %j',
        async (id) => {
          await store.addJob(sampleJob({ id }));
          const run = sampleRun({ jobId: id });
          expect(
            await store.change({ jobId: id, expect: { nextRunTime: at(0), active: [] }, runs: [run] }),
          ).toBe(true);
          expect((await store.lookupJob(id))?.id).toBe(id);
          expect(await store.getDueJobs(at(0))).toEqual([{ job: sampleJob({ id }), active: [run] }]);
        },
      );

      it.each([new Date(-1), new Date(0), new Date(253_402_300_799_999)])(
        'keeps the time %p',
        async (time) => {
          await store.addJob(sampleJob({ nextRunTime: time, dueTime: time }));
          expect((await store.lookupJob('nightly'))?.nextRunTime).toEqual(time);
          expect(await store.getNextDueTime(new Date(-2))).toEqual(time);
        },
      );

      it('refuses a second job of the same id, and keeps the first', async () => {
        await store.addJob(sampleJob());
        await expect(store.addJob(sampleJob({ name: 'another' }))).rejects.toThrow(
          new ConflictingIdError('nightly'),
        );
        expect((await store.lookupJob('nightly'))?.name).toBe('Nightly backup');
      });

      it('changes a job', async () => {
        await store.addJob(sampleJob());
        const changed = sampleJob({ name: 'another', nextRunTime: at(60), dueTime: at(61), modified: at(1) });
        await store.updateJob(changed);
        expect(await store.lookupJob('nightly')).toEqual(changed);
        expect(await store.getNextDueTime(at(0))).toEqual(at(61));
      });

      it('changes and removes only jobs that it has', async () => {
        await expect(store.updateJob(sampleJob())).rejects.toThrow(new JobLookupError('nightly'));
        await expect(store.removeJob('nightly')).rejects.toThrow(new JobLookupError('nightly'));
        expect(await store.getAllJobs()).toEqual([]);
      });

      it('removes a job, and keeps the records of its runs', async () => {
        await store.addJob(sampleJob());
        await store.change({ jobId: 'nightly', expect: {}, runs: [sampleRun()] });
        await store.removeJob('nightly');
        expect(await store.lookupJob('nightly')).toBeUndefined();
        expect(await store.getDueJobs(at(0))).toEqual([]);
        expect(await store.getNextDueTime(at(-1))).toBeUndefined();
        expect(await store.getRuns({ jobId: 'nightly' })).toEqual([sampleRun()]);
      });

      it('removes all jobs, and keeps the records of their runs', async () => {
        for (const id of ['a', 'b']) await store.addJob(sampleJob({ id }));
        await store.change({ jobId: 'a', expect: {}, runs: [sampleRun({ jobId: 'a' })] });
        await store.removeAllJobs();
        expect(await store.getAllJobs()).toEqual([]);
        expect(await store.getNextDueTime(at(-1))).toBeUndefined();
        expect(await store.getRuns({})).toHaveLength(1);
      });

      it('lists jobs by next run time, then id, and those without one last', async () => {
        const jobs: readonly Job[] = [
          pausedJob({ id: 'z' }),
          pausedJob({ id: 'y' }),
          sampleJob({ id: 'late', nextRunTime: at(60), dueTime: at(60) }),
          sampleJob({ id: 'b' }),
          sampleJob({ id: 'a', dueTime: at(300) }),
        ];
        for (const job of jobs) await store.addJob(job);
        expect((await store.getAllJobs()).map(({ id }) => id)).toEqual(['a', 'b', 'late', 'y', 'z']);
      });
    });

    describe('what is due', () => {
      it('is a job whose due time is now or earlier, by due time, then id', async () => {
        const due = { c: -1, b: 0, a: 0, jittered: 0.001, d: -2 };
        for (const [id, seconds] of Object.entries(due)) {
          await store.addJob(sampleJob({ id, nextRunTime: at(-10), dueTime: at(seconds) }));
        }
        expect((await store.getDueJobs(at(0))).map(({ job }) => job.id)).toEqual(['d', 'c', 'a', 'b']);
        expect((await store.getDueJobs(at(-2.001))).map(({ job }) => job.id)).toEqual([]);
      });

      it('is never a job without a next run time', async () => {
        await store.addJob(pausedJob());
        expect(await store.getDueJobs(at(1e6))).toEqual([]);
        expect(await store.getNextDueTime(at(-1e6))).toBeUndefined();
      });

      it('comes with the runs of the job that have not ended, by any node', async () => {
        await store.addJob(sampleJob());
        const active = [
          sampleRun({ id: runId(1), fireTime: at(-3), state: 'RUNNING', node: 'b' }),
          sampleRun({ id: runId(2), fireTime: at(-2), state: 'CLAIMED' }),
        ];
        const others = [
          endedRun({ id: runId(3), fireTime: at(-1) }),
          sampleRun({ id: runId(4), jobId: 'other' }),
        ];
        await store.change({ jobId: 'nightly', expect: {}, runs: [...active, ...others] });
        expect(await store.getDueJobs(at(0))).toEqual([{ job: sampleJob(), active }]);
      });

      it('is next at the earliest due time after a time', async () => {
        for (const seconds of [5, 10, 20]) {
          await store.addJob(sampleJob({ id: `after ${seconds}`, dueTime: at(seconds) }));
        }
        expect(await store.getNextDueTime(at(0))).toEqual(at(5));
        expect(await store.getNextDueTime(at(5))).toEqual(at(10));
        expect(await store.getNextDueTime(at(20))).toBeUndefined();
      });
    });

    describe('a change', () => {
      const claim = {
        jobId: 'nightly',
        expect: { nextRunTime: at(0), active: [] },
        job: sampleJob({ nextRunTime: at(60), dueTime: at(60), lastFireTime: at(0) }),
        runs: [sampleRun()],
      };

      beforeEach(() => store.addJob(sampleJob()));

      async function everything(): Promise<readonly unknown[]> {
        return [await store.getAllJobs(), await store.getRuns({}), await store.getNextDueTime(at(-100))];
      }

      it('writes the job and its runs', async () => {
        expect(await store.change(claim)).toBe(true);
        expect(await store.lookupJob('nightly')).toEqual(claim.job);
        expect(await store.getRuns({})).toEqual([sampleRun()]);
        expect(await store.getNextDueTime(at(-100))).toEqual(at(60));
      });

      it('leaves the job as it was when it says nothing of it', async () => {
        expect(await store.change({ jobId: 'nightly', expect: {}, runs: [sampleRun()] })).toBe(true);
        expect(await store.lookupJob('nightly')).toEqual(sampleJob());
      });

      it('can remove the job and keep its run', async () => {
        expect(await store.change({ ...claim, job: 'removed' })).toBe(true);
        expect(await store.getAllJobs()).toEqual([]);
        expect(await store.getNextDueTime(at(-100))).toBeUndefined();
        expect(await store.getActiveRuns('nightly')).toEqual([sampleRun()]);
      });

      it('replaces the record of a run by id and attempt', async () => {
        await store.change(claim);
        const ended = endedRun({ data: { pid: 4711 }, returnValue: [1], signal: 9, error: 'No' });
        expect(await store.change({ jobId: 'nightly', expect: {}, runs: [ended] })).toBe(true);
        expect(await store.getRuns({})).toEqual([ended]);
      });

      const standing = sampleRun({ id: runId(1), fireTime: at(-60) });
      const refusals: readonly { it: string; expect: Parameters<JobStore['change']>[0]['expect'] }[] = [
        { it: 'another next run time', expect: { nextRunTime: at(0.001) } },
        { it: 'no next run time', expect: { nextRunTime: null } },
        { it: 'a run that is not active', expect: { active: [standing, { ...standing, id: runId(2) }] } },
        { it: 'no active run', expect: { active: [] } },
        { it: 'another attempt', expect: { active: [{ ...standing, attempt: 2 }] } },
        { it: 'another state of a run', expect: { active: [{ ...standing, state: 'RUNNING' }] } },
        { it: 'that a run is to stop', expect: { active: [{ ...standing, isStopRequested: true }] } },
        { it: 'one thing that holds and one that does not', expect: { nextRunTime: at(0), active: [] } },
      ];
      it.each(refusals)('is not made when it expects $it', async ({ expect: expected }) => {
        await store.change({
          jobId: 'nightly',
          expect: {},
          runs: [standing],
        });
        const before = await everything();
        const run = sampleRun({ id: runId(9) });
        expect(await store.change({ ...claim, expect: expected, runs: [run] })).toBe(false);
        expect(await everything()).toEqual(before);
      });

      it('is made when all that it expects holds', async () => {
        const active = [runId(1), runId(2)].map((id, nth) => sampleRun({ id, fireTime: at(-nth - 1) }));
        await store.change({ jobId: 'nightly', expect: {}, runs: active });
        const expected = { nextRunTime: at(0), modified: at(-3600), active: active.toReversed() };
        expect(await store.change({ ...claim, expect: expected, runs: [] })).toBe(true);
      });

      it('is made when it expects no next run time, and there is none', async () => {
        await store.updateJob(pausedJob());
        expect(await store.change({ ...claim, expect: { nextRunTime: null } })).toBe(true);
      });

      it('is not made of a job that is gone', async () => {
        await store.removeJob('nightly');
        expect(await store.change(claim)).toBe(false);
        expect(await store.change({ ...claim, expect: {} })).toBe(false);
        expect(await store.change({ ...claim, expect: {}, job: 'removed' })).toBe(false);
        expect(
          await store.change({ jobId: 'nightly', expect: { nextRunTime: null }, runs: [sampleRun()] }),
        ).toBe(false);
        expect(await store.getRuns({})).toEqual([]);
      });

      it('still records runs of a job that is gone', async () => {
        await store.removeJob('nightly');
        expect(await store.change({ jobId: 'nightly', expect: {}, runs: [endedRun()] })).toBe(true);
        expect(await store.getRuns({ jobId: 'nightly' })).toEqual([endedRun()]);
      });

      it.each(['schedule', 'catchup'] as const)(
        'is not made when a fire at that time has been recorded, whatever became of it (%s)',
        async (cause) => {
          const recorded = endedRun({ id: runId(1), state: 'SKIPPED' });
          await store.change({ jobId: 'nightly', expect: {}, runs: [recorded] });
          const before = await everything();
          const runs = [sampleRun({ id: runId(2), fireTime: at(-60) }), sampleRun({ id: runId(3), cause })];
          expect(await store.change({ ...claim, runs })).toBe(false);
          expect(await everything()).toEqual(before);
        },
      );

      it.each([
        { it: 'by somebody who asked for it', run: { cause: 'manual' } },
        { it: 'as another attempt', run: { attempt: 2, cause: 'retry' } },
        { it: 'of another job', run: { jobId: 'other' } },
        { it: 'a millisecond later', run: { fireTime: at(0.001) } },
      ] as const)('is made when the recorded fire at that time was $it', async ({ run }) => {
        await store.change({ jobId: 'nightly', expect: {}, runs: [endedRun({ id: runId(1), ...run })] });
        expect(await store.change(claim)).toBe(true);
      });

      it('of the same fire is made once, however many try at the same time', async () => {
        const stores = isShared
          ? [store, await open(sampleContext('b')), await open(sampleContext('c'))]
          : [store];
        const claims = Array.from({ length: 30 }, (_, nth) => ({
          ...claim,
          runs: [sampleRun({ id: runId(nth), node: `node ${nth}` })],
        }));
        const made = await Promise.all(claims.map((each, nth) => stores[nth % stores.length]?.change(each)));
        expect(made.filter(Boolean)).toHaveLength(1);
        expect(await store.getRuns({})).toEqual(claims[made.indexOf(true)]?.runs);
      });
    });

    if (isGrouping) {
      describe('several changes at once', () => {
        const ids = ['a', 'b', 'c'];

        function claimOf(jobId: string, nth: number, fireTime = at(0)): JobChange {
          const job = sampleJob({ id: jobId, nextRunTime: at(60), dueTime: at(60) });
          const runs = [sampleRun({ id: runId(nth), jobId, fireTime })];
          return { jobId, expect: { nextRunTime: at(0), active: [] }, job, runs };
        }

        beforeEach(async () => {
          for (const id of ids) await store.addJob(sampleJob({ id }));
        });

        it('are all made', async () => {
          const claims = ids.map((id, nth) => claimOf(id, nth));
          expect(await store.changeAll?.(claims)).toEqual([true, true, true]);
          expect(await store.getDueJobs(at(0))).toEqual([]);
          expect(await store.getActiveRuns()).toEqual(claims.flatMap(({ runs }) => runs));
        });

        it.each([
          {
            it: 'expects what does not hold',
            refused: { ...claimOf('b', 1), expect: { nextRunTime: null } },
          },
          { it: 'is of a job that is gone', refused: claimOf('gone', 1) },
          {
            it: 'has a second fire at a time of which there is a record',
            refused: {
              ...claimOf('b', 1),
              runs: [sampleRun({ jobId: 'b' }), sampleRun({ id: runId(8), jobId: 'b', fireTime: at(-60) })],
            },
          },
        ])('are made but for one that $it', async ({ refused }) => {
          await store.change({
            jobId: 'b',
            expect: {},
            runs: [endedRun({ id: runId(9), jobId: 'b', fireTime: at(-60) })],
          });
          const before = await store.getRuns({ jobId: 'b' });
          const made = await store.changeAll?.([claimOf('a', 0), refused, claimOf('c', 2)]);
          expect(made).toEqual([true, false, true]);
          expect((await store.getActiveRuns()).map(({ jobId }) => jobId)).toEqual(['a', 'c']);
          expect(await store.getRuns({ jobId: 'b' })).toEqual(before);
          expect(await store.lookupJob('b')).toEqual(sampleJob({ id: 'b' }));
        });

        it('are each judged by what those before have left', async () => {
          const [first, second] = [claimOf('a', 0), claimOf('a', 1, at(1))];
          const third = { ...second, expect: { nextRunTime: at(60), active: first.runs } };
          expect(await store.changeAll?.([first, second, third])).toEqual([true, false, true]);
          expect(await store.getActiveRuns('a')).toEqual([...first.runs, ...third.runs]);
        });

        it('can be jobs that are added, but for those whose id is taken', async () => {
          const added = ['d', 'a', 'd', 'e'].map((id) => sampleJob({ id, name: 'added' }));
          expect(await store.addJobs?.(added)).toEqual([true, false, false, true]);
          const jobs = await store.getAllJobs();
          expect(jobs.filter(({ name }) => name === 'added').map(({ id }) => id)).toEqual(['d', 'e']);
          expect(jobs).toHaveLength(5);
        });
      });
    }

    describe('runs', () => {
      const states = ['SUCCESS', 'FAILED', 'MISSED', 'RUNNING', 'SUCCESS', 'TIMEOUT', 'CLAIMED'] as const;
      const runs: readonly Run[] = states.map((state, nth) => {
        const changes = { id: runId(nth), jobId: nth % 2 === 0 ? 'even' : 'odd', fireTime: at(nth), state };
        return state === 'RUNNING' || state === 'CLAIMED' ? sampleRun(changes) : endedRun(changes);
      });

      async function put(all: readonly Run[]): Promise<void> {
        for (const run of all) await store.change({ jobId: run.jobId, expect: {}, runs: [run] });
      }

      function numbers(found: readonly Run[]): readonly number[] {
        return found.map((run) => runs.findIndex(({ id }) => id === run.id));
      }

      it.each([
        { query: {}, found: [6, 5, 4, 3, 2, 1, 0] },
        { query: { limit: 2 }, found: [6, 5] },
        { query: { offset: 2, limit: 3 }, found: [4, 3, 2] },
        { query: { offset: 6 }, found: [0] },
        { query: { offset: 7, limit: 1 }, found: [] },
        { query: { limit: 0 }, found: [] },
        { query: { jobId: 'odd' }, found: [5, 3, 1] },
        { query: { jobId: 'odd', offset: 1, limit: 1 }, found: [3] },
        { query: { jobId: 'neither' }, found: [] },
        { query: { states: ['SUCCESS'] }, found: [4, 0] },
        { query: { states: ['FAILED', 'TIMEOUT', 'MISSED'] }, found: [5, 2, 1] },
        { query: { states: ['FAILED', 'TIMEOUT', 'MISSED'], offset: 1, limit: 1 }, found: [2] },
        { query: { states: ['active'] }, found: [6, 3] },
        { query: { states: ['active', 'SUCCESS'], jobId: 'even' }, found: [6, 4, 0] },
        { query: { states: [] }, found: [] },
      ] as const)('of $query are $found', async ({ query, found }) => {
        await put(runs);
        expect(numbers(await store.getRuns(query))).toEqual(found);
      });

      it('are found by their new state alone once it has changed', async () => {
        await put(runs);
        const ended = endedRun({ ...runs[3], state: 'LOST', isSettled: false });
        await put([ended]);
        expect(await store.getRuns({ states: ['LOST'] })).toEqual([ended]);
        expect(numbers(await store.getRuns({ states: ['active'] }))).toEqual([6]);
        expect(await store.getActiveRuns('odd')).toEqual([]);
      });

      it('that have not ended are found, of one job and of all', async () => {
        await put(runs);
        expect(numbers(await store.getActiveRuns()).toSorted()).toEqual([3, 6]);
        expect(await store.getActiveRuns('odd')).toEqual([runs[3]]);
        expect(await store.getActiveRuns('neither')).toEqual([]);
      });

      it('have their attempts in order', async () => {
        const attempts = [10, 2, 1, 9].map((attempt) =>
          endedRun({ attempt, cause: 'retry', state: 'FAILED' }),
        );
        await put(attempts);
        expect((await store.getRun(sampleRun().id)).map(({ attempt }) => attempt)).toEqual([1, 2, 9, 10]);
        expect((await store.getRuns({})).map(({ attempt }) => attempt)).toEqual([10, 9, 2, 1]);
        expect(await store.getRun('unknown')).toEqual([]);
      });

      it('that have ended are found until their outcome has been seen to', async () => {
        const outcome = endedRun({ isSettled: false });
        await put([...runs, outcome]);
        expect(await store.getUnsettledRuns()).toEqual([outcome]);
        await put([{ ...outcome, isSettled: true }]);
        expect(await store.getUnsettledRuns()).toEqual([]);
      });
    });

    describe('pruning', () => {
      /** Each letter is a run, an hour apart: s(uccess), m(issed), f(ailed), r(unning), u(nsettled). */
      async function history(letters: string): Promise<void> {
        const states = { s: 'SUCCESS', m: 'MISSED', f: 'FAILED', r: 'RUNNING', u: 'SUCCESS' } as const;
        for (const [nth, letter] of [...letters].entries()) {
          const state = states[letter as keyof typeof states];
          const changes = {
            id: runId(nth),
            fireTime: at(nth * 3600),
            state,
            isSettled: !'ru'.includes(letter),
          };
          const run = letter === 'r' ? sampleRun(changes) : endedRun(changes);
          await store.change({ jobId: 'nightly', expect: {}, runs: [run] });
        }
        const other = endedRun({ id: runId(999), jobId: 'other', fireTime: at(-1e6) });
        await store.change({ jobId: 'other', expect: {}, runs: [other] });
      }

      async function prune(limit: number, since?: Date): Promise<{ removed: string[]; kept: string[] }> {
        const removed = await store.pruneRuns('nightly', { limit, since });
        const kept = await store.getRuns({ jobId: 'nightly' });
        expect(await store.getRuns({ jobId: 'other' })).toHaveLength(1);
        const letters = (runs: readonly Run[]) =>
          runs.map(({ id }) => String(Number(id.slice(3)))).toSorted();
        return { removed: letters(removed), kept: letters(kept) };
      }

      it.each([
        { it: 'the newest ones', runs: 'sssss', limit: 2, removed: ['0', '1', '2'] },
        { it: 'as many failures beside the others', runs: 'ffssmf', limit: 2, removed: ['0', '2'] },
        { it: 'all that there are when these are fewer', runs: 'sfm', limit: 5, removed: [] },
        { it: 'none when none are wanted', runs: 'sfm', limit: 0, removed: ['0', '1', '2'] },
        {
          it: 'runs that are active or not settled, which do not count',
          runs: 'russs',
          limit: 2,
          removed: ['2'],
        },
      ])('keeps $it', async ({ runs, limit, removed }) => {
        await history(runs);
        const found = await prune(limit);
        expect(found.removed).toEqual(removed);
        expect(found.kept).toHaveLength(runs.length - removed.length);
      });

      it('removes what ended too long ago, failures too', async () => {
        await history('sfrusf');
        expect(await prune(100, at(4 * 3600))).toEqual({ removed: ['0', '1'], kept: ['2', '3', '4', '5'] });
      });

      it('keeps a run that began long ago and ended just now', async () => {
        const run = endedRun({ id: runId(1), claimed: at(-1e6), ended: at(0) });
        await store.change({ jobId: 'nightly', expect: {}, runs: [run] });
        expect(await store.pruneRuns('nightly', { limit: 100, since: at(-60) })).toEqual([]);
        expect(await store.pruneRuns('nightly', { limit: 100, since: at(0.001) })).toEqual([run]);
      });

      it('gives back whole records', async () => {
        const run = endedRun({ data: { log: [0, 512] } });
        await store.change({ jobId: 'nightly', expect: {}, runs: [run] });
        expect(await store.pruneRuns('nightly', { limit: 0, since: undefined })).toEqual([run]);
        expect(await store.getRun(run.id)).toEqual([]);
        expect(await store.getRuns({ states: ['SUCCESS'] })).toEqual([]);
      });
    });

    if (isShared) {
      describe('what is shared', () => {
        let other: JobStore;
        let otherContext: SampleContext;

        beforeEach(async () => {
          otherContext = sampleContext('b');
          other = await open(otherContext);
        });

        const claim = {
          jobId: 'nightly',
          expect: { nextRunTime: at(0), active: [] },
          job: sampleJob({ nextRunTime: at(1e9), dueTime: at(1e9) }),
          runs: [sampleRun({ leaseUntil: at(30) })],
        };

        /** Resolves when a store that knows all that was before has been told of it. */
        async function isTold(change: () => Promise<unknown>): Promise<void> {
          const late = sampleContext('c');
          await open(late);
          await change();
          await waitFor(() => late.changes.count > 0, { what: 'the news' });
        }

        it('is seen by the other one at once', async () => {
          await store.addJob(sampleJob());
          expect(await other.lookupJob('nightly')).toEqual(sampleJob());
          expect(await store.change(claim)).toBe(true);
          expect(await other.getActiveRuns()).toEqual(claim.runs);
        });

        it('goes by one time', async () => {
          const [one, another] = [await store.now?.(), await other.now?.()];
          expect(Math.abs(Number(one) - Date.now())).toBeLessThan(60_000);
          expect(Number(another) - Number(one)).toBeGreaterThanOrEqual(0);
        });

        it('tells the others of a job that is due before all others', async () => {
          await isTold(() => store.addJob(sampleJob()));
          await isTold(() => store.updateJob(sampleJob({ dueTime: at(-60) })));
        });

        it('tells the others of the first run that they would have to declare lost', async () => {
          await store.addJob(sampleJob());
          await isTold(() => store.change(claim));
        });

        it('tells the others that a run of theirs is to stop', async () => {
          const run = sampleRun({ node: 'b' });
          await other.change({ jobId: 'nightly', expect: {}, runs: [run] });
          const asked = { jobId: 'nightly', expect: {}, runs: [{ ...run, isStopRequested: true }] };
          await isTold(() => store.change(asked));
        });

        it('tells the others that there is room for a run that waits', async () => {
          const waiting = sampleRun({ id: runId(2), fireTime: at(60), state: 'CLAIMED', node: 'b' });
          await other.change({ jobId: 'nightly', expect: {}, runs: [waiting] });
          await store.change({ jobId: 'nightly', expect: {}, runs: [sampleRun()] });
          const end = { jobId: 'nightly', expect: {}, runs: [endedRun()] };
          await isTold(() => store.change(end));
        });

        it('keeps the leases of a node that renews them, and of no other', async () => {
          const [mine, theirs] = ['a', 'b'].map((node, nth) =>
            sampleRun({ id: runId(nth), fireTime: at(nth), node, leaseUntil: at(30) }),
          );
          const runs = [mine, theirs].filter((run) => run !== undefined);
          await store.change({ jobId: 'nightly', expect: {}, runs });
          await store.renewLeases(at(60));
          const leases = (await other.getActiveRuns()).map(({ node, leaseUntil }) => [node, leaseUntil]);
          expect(Object.fromEntries(leases)).toEqual({ a: at(60), b: at(30) });
        });

        it('never shortens a lease', async () => {
          await store.change({ jobId: 'nightly', expect: {}, runs: [sampleRun({ leaseUntil: at(60) })] });
          await store.renewLeases(at(30));
          const running = sampleRun({ state: 'RUNNING', leaseUntil: at(30) });
          await store.change({ jobId: 'nightly', expect: {}, runs: [running] });
          expect((await store.getActiveRuns())[0]?.leaseUntil).toEqual(at(60));
        });

        it('does not take a run for lost whose lease was renewed', async () => {
          const inAnHour = new Date(Date.now() + 3_600_000);
          const run = sampleRun({ leaseUntil: at(30) });
          await store.change({ jobId: 'nightly', expect: {}, runs: [run] });
          await store.renewLeases(inAnHour);
          const lost = {
            jobId: 'nightly',
            expect: {},
            runs: [endedRun({ state: 'LOST', isSettled: false })],
          };
          expect(await other.change(lost)).toBe(false);
          expect(await store.getActiveRuns()).toEqual([{ ...run, leaseUntil: inAnHour }]);
        });

        it('takes a run for lost whose lease is over', async () => {
          const run = sampleRun({ leaseUntil: new Date(1) });
          await store.change({ jobId: 'nightly', expect: {}, runs: [run] });
          const lost = endedRun({ state: 'LOST', isSettled: false });
          expect(await other.change({ jobId: 'nightly', expect: { active: [run] }, runs: [lost] })).toBe(
            true,
          );
          expect(await store.getUnsettledRuns()).toEqual([lost]);
        });
      });
    }

    if (isPersistent) {
      it('has everything again when it is opened again', async () => {
        const job = sampleJob();
        await store.addJob(job);
        await store.change({
          jobId: 'nightly',
          expect: {},
          runs: [sampleRun(), endedRun({ id: runId(1), fireTime: at(-60) })],
        });
        const before = [await store.getDueJobs(at(0)), await store.getRuns({})];
        await store.close();
        const again = await open(sampleContext());
        expect([await again.getDueJobs(at(0)), await again.getRuns({})]).toEqual(before);
      });
    }

    if (isPersistent && !isOneRecord) {
      it('keeps and reports a job that cannot be read, once, and goes on with the others', async () => {
        for (const id of ['broken', 'sound'])
          await store.addJob(sampleJob({ id, dueTime: at(id === 'sound' ? 1 : 0) }));
        await data.spoilJob?.('broken');
        for (let times = 0; times < 2; times += 1) {
          expect((await store.getDueJobs(at(1))).map(({ job }) => job.id)).toEqual(['sound']);
          expect(await store.getNextDueTime(at(-1))).toEqual(at(1));
          expect((await store.getAllJobs()).map(({ id }) => id)).toEqual(['sound']);
          expect(await store.lookupJob('broken')).toBeUndefined();
        }
        expect(context.warnings).toEqual([
          expect.stringMatching(/^Job store "default": job "broken" cannot be read and is left alone: /),
        ]);
        await expect(store.addJob(sampleJob({ id: 'broken' }))).rejects.toThrow(ConflictingIdError);
        await store.updateJob(sampleJob({ id: 'broken' }));
        expect(await store.lookupJob('broken')).toEqual(sampleJob({ id: 'broken' }));
      });

      it('leaves a job alone of whose active runs one cannot be read', async () => {
        for (const id of ['broken', 'sound']) await store.addJob(sampleJob({ id }));
        await store.change({
          jobId: 'broken',
          expect: {},
          runs: [sampleRun({ id: runId(7), jobId: 'broken' })],
        });
        await data.spoilRun?.(runId(7), 1);
        expect((await store.getDueJobs(at(0))).map(({ job }) => job.id)).toEqual(['sound']);
        expect(await store.getActiveRuns()).toEqual([]);
        expect(await store.getRun(runId(7))).toEqual([]);
        expect(context.warnings).toEqual([
          expect.stringContaining(`Job store "default": run ${runId(7)} cannot be read and is left alone: `),
        ]);
      });
    }
  });
}
