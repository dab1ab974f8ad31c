import { RpcFault } from '../../rpc/faults.ts';
import { parseNamespec } from '../../rpc/namespec.ts';
import type { ProcessGroup, SupervisedProcess, SupervisorControl } from '../process/control.ts';

/** What a namespec names: one process, or every process of a group. */
export type Target =
  | { readonly type: 'process'; readonly process: SupervisedProcess }
  | { readonly type: 'group'; readonly group: ProcessGroup };

/** @throws {RpcFault} `BAD_NAME`: nothing active has that name */
export function find(supervisor: SupervisorControl, name: string): Target {
  const namespec = parseNamespec(name);
  const group = supervisor.groups.get(namespec.group);
  if (group === undefined) throw new RpcFault('BAD_NAME', name);
  if (namespec.process === undefined) return { type: 'group', group };
  const process = group.processes.get(namespec.process);
  if (process === undefined) throw new RpcFault('BAD_NAME', name);
  return { type: 'process', process };
}

/** @throws {RpcFault} `BAD_NAME`: no active process has that name, or it names a whole group */
export function findProcess(supervisor: SupervisorControl, name: string): SupervisedProcess {
  const target = find(supervisor, name);
  if (target.type === 'group') throw new RpcFault('BAD_NAME', name);
  return target.process;
}

/** @throws {RpcFault} `BAD_NAME`: no active group has that name */
export function findGroup(supervisor: SupervisorControl, name: string): ProcessGroup {
  const group = supervisor.groups.get(name);
  if (group === undefined) throw new RpcFault('BAD_NAME', name);
  return group;
}

/** The processes of a group, ascending by priority; equal ones in configuration order. */
export function byPriority(group: ProcessGroup): SupervisedProcess[] {
  return [...group.processes.values()].sort((a, b) => a.settings.priority - b.settings.priority);
}

/** All processes: groups by priority, and the processes by priority inside each. */
export function allByPriority(supervisor: SupervisorControl): SupervisedProcess[] {
  return supervisor.groupsByPriority().flatMap(byPriority);
}

/** All processes: sorted by name of the group, then of the process. */
export function allByName(supervisor: SupervisorControl): SupervisedProcess[] {
  return sortedByName(supervisor.groups).flatMap((group) => sortedByName(group.processes));
}

/** The order of names: that of their characters' codes, in every language. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sortedByName<T>(byName: ReadonlyMap<string, T>): T[] {
  return [...byName].sort(([a], [b]) => compareNames(a, b)).map(([, value]) => value);
}
