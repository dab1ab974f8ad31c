/**
 * The difference between two configurations: which groups the new one adds, changes and removes, as `reread`
 * reports it; and inside a changed group, which processes it leaves as they are.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ScheduleSettings } from './schedule-settings.ts';
import type {
  ChannelSettings,
  Environment,
  FcgiSocketSettings,
  GroupSettings,
  Logfile,
  Ownership,
  ProcessSettings,
  User,
} from './settings.ts';

export interface GroupDifference {
  /** In the order of the new configuration. */
  readonly added: string[];
  readonly changed: string[];
  /** In the order of the active groups. */
  readonly removed: string[];
}

/** Compares what the configurations say, never what was made of it: an AUTO log equals AUTO alone. */
export function diffGroups(
  active: readonly GroupSettings[],
  next: readonly GroupSettings[],
): GroupDifference {
  const activeByName = new Map(active.map((group) => [group.name, group]));
  const nextNames = new Set(next.map(({ name }) => name));
  const added: string[] = [];
  const changed: string[] = [];
  for (const group of next) {
    const current = activeByName.get(group.name);
    if (current === undefined) added.push(group.name);
    else if (!isSameGroup(current, group)) changed.push(group.name);
  }
  return { added, changed, removed: active.map(({ name }) => name).filter((name) => !nextNames.has(name)) };
}

/**
 * The processes that two configurations of one group have in common, by name: those that `update` leaves alone.
 * What only concerns the group changes none of them; nor does their order, or their priority.
 */
export function unchangedProcesses(active: GroupSettings, next: GroupSettings): ReadonlySet<string> {
  if (roleOf(active) !== roleOf(next)) return new Set();
  const activeByName = new Map(active.processes.map((process) => [process.name, process]));
  const unchanged = next.processes.filter((process) => {
    const current = activeByName.get(process.name);
    return current !== undefined && sameButForPriority(current, process);
  });
  return new Set(unchanged.map(({ name }) => name));
}

/** Whom the daemon takes the processes for: it talks with listeners, by way of their handler; those of schedules only run. */
function roleOf(group: GroupSettings): string {
  if (group.type === 'eventlistener') return `eventlistener ${group.result_handler}`;
  return group.type === 'schedule' ? 'schedule' : 'program';
}

type Same<T> = (a: T, b: T) => boolean;

/** Compares every property but those that are said not to matter; a property without an entry won't compile. */
type Comparison<T> = { readonly [K in keyof Required<T>]: Same<Exclude<Required<T>[K], never>> | 'ignored' };

const same: Same<unknown> = Object.is;
const sameList: Same<readonly unknown[]> = (a, b) =>
  a.length === b.length && a.every((item, index) => Object.is(item, b[index]));
const sameEnvironment: Same<Environment> = (a, b) =>
  a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
const sameUser: Same<User | undefined> = (a, b) => a?.uid === b?.uid;
const sameLogfile: Same<Logfile> = (a, b) =>
  a.type === 'file' && b.type === 'file' ? a.path === b.path : a.type === b.type;
const sameOwnership: Same<Ownership | undefined> = (a, b) => a?.uid === b?.uid && a?.gid === b?.gid;

function comparing<T extends object>(comparison: Comparison<T>): Same<T> {
  const keys = Object.keys(comparison) as (keyof T)[];
  return (a, b) =>
    keys.every((key) => {
      const compare = comparison[key] as Same<unknown> | 'ignored';
      return compare === 'ignored' || compare(a[key], b[key]);
    });
}

const sameChannel = comparing<ChannelSettings>({
  logfile: sameLogfile,
  logfile_maxbytes: same,
  logfile_backups: same,
  capture_maxbytes: same,
  events_enabled: same,
  syslog: same,
});

const sameSocket = comparing<FcgiSocketSettings>({
  url: same,
  // The URL says all of it.
  address: 'ignored',
  owner: sameOwnership,
  mode: same,
  backlog: same,
});

const sameOptionalSocket: Same<FcgiSocketSettings | undefined> = (a, b) =>
  a === undefined || b === undefined ? a === b : sameSocket(a, b);

const processComparison: Comparison<ProcessSettings> = {
  name: same,
  group: 'ignored',
  // Where it is written says nothing about how it runs.
  section: 'ignored',
  file: 'ignored',
  command: same,
  priority: same,
  autostart: same,
  autorestart: same,
  startsecs: same,
  startretries: same,
  exitcodes: sameList,
  on_exit: same,
  on_fatal: same,
  stopsignal: same,
  stopwaitsecs: same,
  stopasgroup: same,
  killasgroup: same,
  killmode: same,
  user: sameUser,
  redirect_stderr: same,
  directory: same,
  umask: same,
  environment: sameEnvironment,
  serverurl: same,
  stdout: sameChannel,
  stderr: sameChannel,
  socket: sameOptionalSocket as Same<FcgiSocketSettings>,
  isOutdated: same as Same<true>,
  extraInstance: same as Same<number>,
};
const sameProcess = comparing(processComparison);
/** A process can be given another place among the others at any time. */
const sameButForPriority = comparing<ProcessSettings>({ ...processComparison, priority: 'ignored' });

const sameData: Same<unknown> = isDeepStrictEqual;
const sameSchedule = comparing<ScheduleSettings>({
  name: same,
  section: 'ignored',
  source: same,
  file: 'ignored',
  line: 'ignored',
  action: sameData,
  trigger: sameData,
  jitter: same,
  jitter_fixed: same,
  misfire_grace_time: same,
  coalesce: same,
  max_instances: same,
  overlap: same,
  timeout: same,
  retries: same,
  retry_delay: same,
  run_on_start: same,
  on_success: sameData,
  on_failure: sameData,
  failure_threshold: same,
  on_lost: same,
  hosts: sameData,
  history_limit: same,
  history_max_age: same,
  paused: same,
  // The other properties say it all.
  written: 'ignored',
});

function sameSchedules(a: readonly ScheduleSettings[] = [], b: readonly ScheduleSettings[] = []): boolean {
  return (
    a.length === b.length &&
    a.every((schedule, index) => {
      const other = b[index];
      return other !== undefined && sameSchedule(schedule, other);
    })
  );
}

/** Whether two configurations of a group say the same, the order of its processes included. */
export function isSameGroup(a: GroupSettings, b: GroupSettings): boolean {
  return (
    a.name === b.name &&
    a.priority === b.priority &&
    a.processes.length === b.processes.length &&
    a.processes.every((process, index) => {
      const other = b.processes[index];
      return other !== undefined && sameProcess(process, other);
    }) &&
    sameKind(a, b) &&
    sameSchedules(a.schedules, b.schedules)
  );
}

/** A program and a group of one program are of one kind. */
function sameKind(a: GroupSettings, b: GroupSettings): boolean {
  switch (a.type) {
    case 'program':
    case 'group':
      return b.type === 'program' || b.type === 'group';
    case 'fcgi-program':
      return b.type === 'fcgi-program' && sameSocket(a.socket, b.socket);
    case 'eventlistener':
      return (
        b.type === 'eventlistener' &&
        a.buffer_size === b.buffer_size &&
        a.result_handler === b.result_handler &&
        sameList(a.events, b.events)
      );
    case 'schedule':
      return b.type === 'schedule' && a.instances === b.instances && a.processesPerRun === b.processesPerRun;
  }
}
