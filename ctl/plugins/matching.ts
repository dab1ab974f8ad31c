import { matchesName } from '../../conf/glob.ts';
import type { ProcessInfo } from '../supervisor-api.ts';
import type { Controller } from './plugin.ts';

/** By what a process is known. */
export type ProcessName = Pick<ProcessInfo, 'group' | 'name'>;

/** What the words of a command mean: each a pattern, and `all` every name. */
export function patternsOf(words: readonly string[]): readonly string[] {
  return words.includes('all') ? ['*'] : words;
}

/** `group:name`, also where the two are the same. */
export function fullName({ group, name }: ProcessName): string {
  return `${group}:${name}`;
}

/**
 * The processes that match one of the patterns; says so if there is none.
 *
 * @param nameOf what of a process is compared
 */
export async function matchingProcesses(
  controller: Controller,
  patterns: readonly string[],
  nameOf: (process: ProcessName) => string,
): Promise<readonly ProcessName[]> {
  const processes = await controller.processes();
  const matching = processes.filter((process) =>
    patterns.some((pattern) => matchesName(nameOf(process), pattern)),
  );
  if (matching.length === 0) controller.print('No process matched given expression.');
  return matching;
}
