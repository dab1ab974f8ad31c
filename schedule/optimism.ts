import { JobStoreError } from './errors.ts';

/** How often a change is decided anew because somebody else was faster. */
export const mostTries = 100;

/** What is thrown then: others are faster each time, or the store says so whatever is asked of it. */
export function tooManyTries(id: string): JobStoreError {
  return new JobStoreError(`Others change "${id}" all the time`);
}
