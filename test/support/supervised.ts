/** What tests ask a running daemon, and the system, about its processes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { XmlRpcValue } from '../../rpc/xmlrpc.ts';
import type { Daemon } from './daemons.ts';
import { waitFor } from './wait-for.ts';

/** A member of what `getProcessInfo` says. */
export async function infoOf(daemon: Daemon, name: string, member: string): Promise<XmlRpcValue | undefined> {
  const info = await daemon.rpc('supervisor.getProcessInfo', name);
  if (!(info instanceof Map)) throw new Error('getProcessInfo answered no struct');
  return info.get(member);
}

export async function stateOf(daemon: Daemon, name: string): Promise<string> {
  return String(await infoOf(daemon, name, 'statename'));
}

export async function pidOf(daemon: Daemon, name: string): Promise<number> {
  return Number(await infoOf(daemon, name, 'pid'));
}

export async function waitForState(daemon: Daemon, name: string, state: string): Promise<void> {
  await waitFor(async () => (await stateOf(daemon, name)) === state, { what: `${name} to be ${state}` });
}

/** The states of all processes, by group and name, once `condition` holds for each of them. */
export async function waitForAll(daemon: Daemon, condition: (state: string) => boolean): Promise<void> {
  await waitFor(async () => (await states(daemon)).every(condition), { what: 'a state of all processes' });
}

export async function states(daemon: Daemon): Promise<string[]> {
  const all = await daemon.rpc('supervisor.getAllProcessInfo');
  if (!Array.isArray(all)) throw new Error('getAllProcessInfo answered no array');
  return all.map((info) => (info instanceof Map ? String(info.get('statename')) : ''));
}

/** What a process has written to its log on stdout, wherever that is. */
export async function stdoutOf(daemon: Daemon, name: string): Promise<string> {
  return readFileSync(String(await infoOf(daemon, name, 'stdout_logfile')), 'utf8');
}

export async function stderrOf(daemon: Daemon, name: string): Promise<string> {
  return readFileSync(String(await infoOf(daemon, name, 'stderr_logfile')), 'utf8');
}

/** Waits until the activity log holds the text; a string, or an expression it matches. */
export async function waitForLog(daemon: Daemon, text: string | RegExp): Promise<void> {
  const isThere = (): boolean => {
    const log = existsSync(daemon.logfile) ? daemon.logText() : '';
    return typeof text === 'string' ? log.includes(text) : text.test(log);
  };
  await waitFor(isThere, { what: `the log to have ${text}` });
}

/** The whole activity log, once all that happened so far is in it. */
export async function fullLog(daemon: Daemon): Promise<string> {
  return String(await daemon.rpc('supervisor.readLog', 0, 0));
}

/** A line of `/proc/PID/status`, such as `PPid` or `SigIgn`; `undefined`: there is no such process. */
export function procStatus(pid: number | string, key: string): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return new RegExp(`^${key}:[ \\t]*(.*?)[ \\t]*$`, 'm').exec(status)?.[1];
  } catch {
    return undefined;
  }
}

/** Neither gone nor a zombie. */
export function isAlive(pid: number): boolean {
  const state = procStatus(pid, 'State');
  return state !== undefined && !state.startsWith('Z');
}

/** Pids of the children of a process, zombies included. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && procStatus(name, 'PPid') === String(pid) && !keepsPipes(name))
    .map(Number);
}

/** Waits until a daemon has reaped all its children that have ended. */
export async function waitForNoZombie(daemonPid: number): Promise<void> {
  const isZombie = (pid: number): boolean => procStatus(pid, 'State')?.startsWith('Z') ?? false;
  await waitFor(() => !childrenOf(daemonPid).some(isZombie), { what: 'no zombie' });
}

function keepsPipes(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').endsWith('/keeps-pipes-open\0');
  } catch {
    return false;
  }
}

/** How many descriptors a process has open. */
export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Kilobytes of memory of a process but for files: the daemon gives back what it has of those, and takes it again. */
export function anonymousKilobytes(pid: number): number {
  return Number.parseInt(procStatus(pid, 'RssAnon') ?? procStatus(pid, 'VmRSS') ?? '0', 10);
}

/** Seconds of processor time that a process has taken. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Waits for half a second in which the daemon did nothing; one that wakes up all the time never has it. */
export async function waitForRest(daemon: Daemon): Promise<void> {
  const wakeUps = () => Number(procStatus(daemon.pid, 'voluntary_ctxt_switches'));
  const isAtRest = async (): Promise<boolean> => {
    const before = { wakeUps: wakeUps(), cpu: cpuSeconds(daemon.pid) };
    await delay(500);
    // One that never sleeps does not wake up either.
    return wakeUps() === before.wakeUps && cpuSeconds(daemon.pid) - before.cpu < 0.1;
  };
  await waitFor(isAtRest, { what: 'a spell of rest' });
}
