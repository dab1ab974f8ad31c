/** Changes that wait for the disk together, in stores that wait for one. */
import { ConflictingIdError } from './errors.ts';
import type { Job } from './job.ts';
import type { JobChange, JobStore } from './job-store.ts';

/** Most jobs that are claimed, ended or added together: everything else in the process waits meanwhile. */
export const largestGroup = 50;

/** How many changes of a store may be made together; 1: each is better made, and carried out, by itself. */
export function groupSize({ changeAll }: JobStore): number {
  return changeAll === undefined ? 1 : largestGroup;
}

/** @returns of each whether it was made; after an error any of them may have been */
export async function changeAll(store: JobStore, changes: readonly JobChange[]): Promise<readonly boolean[]> {
  if (store.changeAll !== undefined && changes.length > 1) return store.changeAll(changes);
  const isMade: boolean[] = [];
  for (const change of changes) isMade.push(await store.change(change));
  return isMade;
}

/** @returns of each whether it was added; `false`: its id is taken; after an error any of them may have been */
export async function addAll(store: JobStore, jobs: readonly Job[]): Promise<readonly boolean[]> {
  if (store.addJobs !== undefined && jobs.length > 1) return store.addJobs(jobs);
  const isAdded: boolean[] = [];
  for (const job of jobs) isAdded.push(await isAddedTo(store, job));
  return isAdded;
}

/** In parts, each of which may be made together. */
export function groupsOf<T>(store: JobStore, all: readonly T[]): readonly (readonly T[])[] {
  const size = groupSize(store);
  return Array.from({ length: Math.ceil(all.length / size) }, (_, nth) =>
    all.slice(nth * size, (nth + 1) * size),
  );
}

async function isAddedTo(store: JobStore, job: Job): Promise<boolean> {
  try {
    await store.addJob(job);
    return true;
  } catch (error) {
    if (error instanceof ConflictingIdError) return false;
    throw error;
  }
}
