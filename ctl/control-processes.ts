import { type FaultName, faultName, faults } from '../rpc/faults.ts';
import { formatNamespec, parseNamespec } from '../rpc/namespec.ts';
import { type ExitStatus, exitStatuses, lastFailure } from './exit-status.ts';
import { isFault, ServerFault } from './failures.ts';
import type { Session } from './session.ts';
import type { ProcessResult } from './supervisor-api.ts';

/** How start, stop, signal and clear differ. */
export interface Control {
  /** What is said of a success, such as `started`. */
  readonly done: string;
  /** What is said of a failure: these words, or the server's own. */
  readonly failures: { readonly [Name in FaultName]?: { readonly words: string } | 'as told' };
  /** A fault that counts as success in the exit status. */
  readonly ignored?: FaultName;
  /** Exit status for a group that does not exist. */
  readonly unknownGroup: ExitStatus;
  all(): Promise<readonly ProcessResult[]>;
  group(name: string): Promise<readonly ProcessResult[]>;
  process(namespec: string): Promise<unknown>;
}

/**
 * Does to each named process, or whole group, or all, what `control` says, one after the other; prints
 * how each fared. The word `all` anywhere means everything.
 *
 * @throws {Error} for a result that the command has no words for; later names are then left alone
 */
export async function controlProcesses(
  session: Session,
  names: readonly string[],
  control: Control,
): Promise<ExitStatus> {
  let exitStatus: ExitStatus = exitStatuses.SUCCESS;
  const report = (result: ProcessResult): void => {
    session.print(describeResult(result, control));
    exitStatus = lastFailure(exitStatus, statusOf(result.status, control.ignored));
  };
  if (names.includes('all')) {
    for (const result of await session.whileWaiting(control.all())) report(result);
    return exitStatus;
  }
  for (const name of names) {
    const { group, process } = parseNamespec(name);
    if (process !== undefined) {
      report(await session.whileWaiting(controlOne(name, { group, process }, control)));
      continue;
    }
    try {
      for (const result of await session.whileWaiting(control.group(group))) report(result);
    } catch (error) {
      if (!isFault(error, 'BAD_NAME')) throw error;
      session.print(`${group}: ERROR (no such group)`);
      exitStatus = control.unknownGroup;
    }
  }
  return exitStatus;
}

async function controlOne(
  namespec: string,
  { group, process }: { readonly group: string; readonly process: string },
  control: Control,
): Promise<ProcessResult> {
  try {
    await control.process(namespec);
    return { group, name: process, status: faults.SUCCESS, description: 'OK' };
  } catch (error) {
    if (!(error instanceof ServerFault)) throw error;
    return { group, name: process, status: error.code, description: error.text };
  }
}

function describeResult({ group, name, status, description }: ProcessResult, control: Control): string {
  const namespec = formatNamespec(group, name);
  if (status === faults.SUCCESS) return `${namespec}: ${control.done}`;
  const fault = faultName(status);
  const failure = fault && control.failures[fault];
  if (failure === undefined) throw new Error(`Unknown result code ${status} for ${namespec}`);
  return failure === 'as told' ? description : `${namespec}: ERROR (${failure.words})`;
}

/** @see supervisor/supervisorctl.py, `set_exitstatus_from_xmlrpc_fault` */
function statusOf(code: number, ignored: FaultName | undefined): ExitStatus {
  const fault = faultName(code);
  if (fault === 'SUCCESS' || (fault !== undefined && fault === ignored)) return exitStatuses.SUCCESS;
  return fault !== undefined && deadProgram.has(fault) ? exitStatuses.NOT_RUNNING : exitStatuses.GENERIC;
}

const deadProgram: ReadonlySet<FaultName> = new Set(['SPAWN_ERROR', 'ABNORMAL_TERMINATION', 'NOT_RUNNING']);
