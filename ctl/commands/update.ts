import { faults } from '../../rpc/faults.ts';
import type { Command } from '../command.ts';
import { type ExitStatus, exitStatuses, lastFailure } from '../exit-status.ts';
import { isFault } from '../failures.ts';
import type { Session } from '../session.ts';
import type { ConfigChanges, ProcessResult } from '../supervisor-api.ts';

/**
 * `update`: has the server read its configuration again and brings the running groups in line with it:
 * all of them, or only those named. Of a changed group, the processes that differ are replaced; a server that
 * cannot do that has the whole group stopped, and start afresh.
 */
export const update: Command = {
  help: [
    'update\t\t\tReload config and add/remove as necessary, and will restart affected programs',
    'update all\t\tReload config and add/remove as necessary, and will restart affected programs',
    'update <gname> [...]\tUpdate specific groups',
  ],
  async run(session, { words }) {
    const changes = await readChanges(session);
    if (changes === undefined) return exitStatuses.GENERIC;
    const named = new Set(words.includes('all') ? [] : words);
    const known = named.size === 0 ? exitStatuses.SUCCESS : await checkNames(session, named, changes);
    return lastFailure(known, await apply(session, changes, (group) => named.size === 0 || named.has(group)));
  },
};

/** `undefined`: the server cannot read its configuration, which has been told. */
async function readChanges(session: Session): Promise<ConfigChanges | undefined> {
  try {
    return await session.supervisor.reloadConfig();
  } catch (error) {
    if (isFault(error, 'SHUTDOWN_STATE')) session.print('ERROR: already shutting down');
    else if (isFault(error, 'CANT_REREAD')) session.print(`ERROR: ${error.text}`);
    else throw error;
    return undefined;
  }
}

async function checkNames(
  session: Session,
  named: ReadonlySet<string>,
  { added }: ConfigChanges,
): Promise<ExitStatus> {
  const active = (await session.supervisor.getAllProcessInfo()).map(({ group }) => group);
  const known = new Set([...active, ...added]);
  const unknown = [...named].filter((name) => !known.has(name));
  for (const name of unknown) session.print(`ERROR: no such group: ${name}`);
  return unknown.length === 0 ? exitStatuses.SUCCESS : exitStatuses.GENERIC;
}

async function apply(
  session: Session,
  { added, changed, removed }: ConfigChanges,
  isWanted: (group: string) => boolean,
): Promise<ExitStatus> {
  const { supervisor } = session;
  let exitStatus: ExitStatus = exitStatuses.SUCCESS;
  for (const group of removed.filter(isWanted)) {
    exitStatus = lastFailure(exitStatus, await removeGroup(session, group));
  }
  for (const group of changed.filter(isWanted)) {
    exitStatus = lastFailure(exitStatus, await updateGroup(session, group));
  }
  for (const group of added.filter(isWanted)) {
    await supervisor.addProcessGroup(group);
    session.print(`${group}: added process group`);
  }
  return exitStatus;
}

async function removeGroup(session: Session, group: string): Promise<ExitStatus> {
  const { supervisor } = session;
  const results = await session.whileWaiting(supervisor.stopProcessGroup(group));
  session.print(`${group}: stopped`);
  const hasStopped = results.every(({ status }) => status !== faults.FAILED);
  if (!hasStopped || !(await remove(session, group))) {
    session.print(`${group}: has problems; not removing`);
    return exitStatuses.GENERIC;
  }
  session.print(`${group}: removed process group`);
  return exitStatuses.SUCCESS;
}

/** @returns whether it could be removed: not if somebody has started one of its processes since */
async function remove({ supervisor }: Session, group: string): Promise<boolean> {
  try {
    await supervisor.removeProcessGroup(group);
    return true;
  } catch (error) {
    if (isFault(error, 'STILL_RUNNING')) return false;
    throw error;
  }
}

async function updateGroup(session: Session, group: string): Promise<ExitStatus> {
  const { supervisor } = session;
  const results = await updateInPlace(session, group);
  if (results === undefined) await session.whileWaiting(supervisor.stopProcessGroup(group));
  // Nobody had to stop for another time of a schedule, or for one more process.
  if (results?.length !== 0) session.print(`${group}: stopped`);
  const failures = results?.filter(({ status }) => status === faults.FAILED) ?? [];
  if (failures.length > 0) {
    session.printAll(failures.map(({ description }) => description));
    session.print(`${group}: has problems; not updated completely`);
    return exitStatuses.GENERIC;
  }
  if (results === undefined) {
    await supervisor.removeProcessGroup(group);
    await supervisor.addProcessGroup(group);
  }
  session.print(`${group}: updated process group`);
  return exitStatuses.SUCCESS;
}

/** `undefined`: the server does not know how. */
async function updateInPlace(session: Session, group: string): Promise<readonly ProcessResult[] | undefined> {
  try {
    return await session.whileWaiting(session.supervisor.updateProcessGroup(group));
  } catch (error) {
    if (isFault(error, 'UNKNOWN_METHOD')) return undefined;
    throw error;
  }
}
