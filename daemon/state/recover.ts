/**
 * Finding out what an earlier daemon has left when it went without stopping its processes.
 *
 * There are two sources. The journal knows every state and every child, but for one that was spawned in the last
 * moment. The kernel knows who has our FIFOs: that finds this one, and all of them when there is no journal to
 * trust. What both do not know does not run.
 */
import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { errorCode } from '../../conf/error-code.ts';
import { extraInstance, extraInstanceOf } from '../../conf/extra-instances.ts';
import type { GroupSettings, ProcessName, ProcessSettings } from '../../conf/settings.ts';
import { ageOf, type Birth } from '../host/birth.ts';
import { bootId } from '../host/boot-id.ts';
import { after, type EpochSeconds, type Now } from '../host/clock.ts';
import { fifoPath, processOfFile } from '../host/fifo.ts';
import type { Channel } from '../host/host.ts';
import { type PipeHolder, pipeHolders } from '../host/pipe-holders.ts';
import { findProcess } from '../host/process-stat.ts';
import { findAutoLog } from '../log/auto-logs.ts';
import { type RecoveredProcess, type Recovery, replacedOnceStopped } from '../process/recovery.ts';
import { newProcess, type Process, pidOf } from '../process/state.ts';
import type { Stray } from '../process/strays.ts';
import { journalPath, processesFormat } from './journal.ts';
import { type ProcessRecord, readProcessRecord, readStray, settingsDigest } from './process-record.ts';
import { readRecords, setAside } from './record-file.ts';

export interface RecoverOptions {
  readonly runtimeDirectory: string;
  /** Those of the configuration. */
  readonly groups: readonly GroupSettings[];
  readonly bootId: string;
  readonly productVersion: string;
  readonly now: Now;
  /** Where AUTO logs are, and what their names say. */
  readonly childlogdir: string;
  readonly identifier: string;
  /** A version of the daemon has made room for this one: what it did not run is not to be started, either. */
  readonly isHandedOver: boolean;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

const streams = ['stdin', 'stdout', 'stderr'] as const;

/** All that there is to go on with. */
export interface Recovered extends Recovery {
  /** Log files that an earlier daemon has named, by `group:process`. */
  readonly autoLogs: ReadonlyMap<string, { readonly [C in Channel]?: string }>;
  /** Further ones that are to be kept, though their processes are gone. */
  readonly keptLogs: ReadonlySet<string>;
}

/** @returns `undefined`: there was no earlier daemon, or it has left nothing */
export function recover(options: RecoverOptions): Recovered | undefined {
  const { runtimeDirectory, groups, log } = options;
  const journal = readJournal(options);
  // Also if the directory is empty: somebody may have tidied it away, and the programs are there all the same.
  const held = children(pipeHolders(runtimeDirectory));
  const holders = byFifo(held);
  const isGoingOn = journal !== undefined || held.length > 0;
  // In FIFOs may be the last words of programs that nobody knows of any more.
  if (!isGoingOn && !hasLeftovers(runtimeDirectory)) return undefined;

  const ofProcesses = [...(journal?.processes.values() ?? [])].map(({ group }) => group);
  const known = new Set([...ofProcesses, ...(journal?.addedGroups ?? [])]);
  const processes = new Map<string, RecoveredProcess>();
  const found = new Set<number>();
  const isRemoved = (name: string) =>
    journal?.removedGroups.has(name) === true || (options.isHandedOver && !known.has(name));
  const active = groups.filter(({ name }) => !isRemoved(name));
  const extra = extraInstances(active, journal?.processes.values() ?? processesOf(held));
  const all = active.map((group) => withExtra(group, extra.get(group.name)));
  for (const group of all) {
    for (const settings of group.processes) {
      const record = journal?.processes.get(keyOf(settings));
      const recovered = recoverProcess({ settings, record, holders, options, journal });
      processes.set(keyOf(settings), recovered);
      found.add(pidOf(recovered.process));
    }
  }
  const strays = [...recordedStrays(journal, holders, found), ...heldStrays(held, journal, found)];
  if (isGoingOn) log('info', 'going on for an earlier supervisord');
  return {
    find: (group, process) => processes.get(keyOf({ group, name: process })),
    extraInstances: (group) => [...(extra.get(group) ?? [])],
    isRemoved,
    strays,
    autoLogs:
      journal === undefined
        ? foundAutoLogs({ ...options, groups: all }, processes)
        : recordedAutoLogs(journal),
    keptLogs: journal?.keptLogs ?? new Set(),
  };
}

/** The extra instances of which there are processes, by the names of their groups. */
function extraInstances(
  groups: readonly GroupSettings[],
  processes: Iterable<ProcessName>,
): ReadonlyMap<string, ReadonlySet<number>> {
  const found = new Map<string, Set<number>>();
  const schedules = new Map(
    groups.filter(({ type }) => type === 'schedule').map((group) => [group.name, group]),
  );
  for (const { group: name, name: process } of processes) {
    const group = schedules.get(name);
    if (group === undefined || group.processes.some((configured) => configured.name === process)) continue;
    const number = extraInstanceOf(group, process);
    if (number !== undefined) found.set(name, (found.get(name) ?? new Set()).add(number));
  }
  return found;
}

function withExtra(group: GroupSettings, numbers: Iterable<number> = []): GroupSettings {
  const extra = [...numbers].flatMap((number) => extraInstance(group, number));
  return extra.length === 0 ? group : { ...group, processes: [...group.processes, ...extra] };
}

/** Whom those who have FIFOs belong to. */
function processesOf(holders: readonly PipeHolder[]): ProcessName[] {
  return holders.flatMap(({ fifos }) => [...fifos].flatMap((fifo) => processOfFile(fifo) ?? []));
}

function keyOf({ group, name }: { readonly group: string; readonly name: string }): string {
  return `${group}:${name}`;
}

function hasLeftovers(directory: string): boolean {
  return readdirSync(directory).length > 0;
}

/** Why this version could not go on with the state in a runtime directory; `undefined`: it could. */
export function unreadableState(runtimeDirectory: string): string | undefined {
  const path = journalPath(runtimeDirectory);
  const reading = readRecords(path, processesFormat, bootId());
  if (reading.type === 'missing') return `there is no state in '${runtimeDirectory}'`;
  if (reading.type === 'unusable') return `cannot use state in '${path}': ${reading.reason}`;
  return replay(reading.records) === undefined
    ? `cannot use state in '${path}': a record makes no sense`
    : undefined;
}

interface ReadJournal {
  readonly processes: ReadonlyMap<string, ProcessRecord>;
  readonly removedGroups: ReadonlySet<string>;
  /** Groups of which there may be no process here, as none has done anything yet. */
  readonly addedGroups: ReadonlySet<string>;
  /** Version of the program that wrote it. */
  readonly by: string;
  readonly keptLogs: ReadonlySet<string>;
  /** Those that it was stopping, some of which may have ended. */
  readonly strays: readonly Stray[];
  /** The daemon was about to end, in order, when it was killed. */
  readonly wasStopping: boolean;
}

function readJournal({ runtimeDirectory, bootId: boot, log }: RecoverOptions): ReadJournal | undefined {
  const path = journalPath(runtimeDirectory);
  const reading = readRecords(path, processesFormat, boot);
  if (reading.type === 'missing') return undefined;
  const journal = reading.type === 'read' ? replay(reading.records) : undefined;
  if (journal !== undefined) return journal;
  const reason = reading.type === 'unusable' ? reading.reason : 'a record in it makes no sense';
  let outcome = 'is set aside';
  try {
    setAside(path);
  } catch (error) {
    outcome = `cannot be set aside (${errorCode(error)}), and is not used`;
  }
  log(
    'warn',
    `state of an earlier supervisord in '${path}' ${outcome}: ${reason}; what it had running is looked for`,
  );
  return undefined;
}

/** @returns `undefined`: a record makes no sense */
function replay(records: readonly unknown[]): ReadJournal | undefined {
  const processes = new Map<string, ProcessRecord>();
  const removedGroups = new Set<string>();
  const addedGroups = new Set<string>();
  const keptLogs = new Set<string>();
  let by = '';
  let wasStopping = false;
  const strays: Stray[] = [];
  for (const record of records as readonly Readonly<Record<string, unknown>>[]) {
    if (typeof record['by'] === 'string') {
      by = record['by'];
      for (const log of (record['logs'] ?? []) as readonly string[]) keptLogs.add(log);
    } else if (record['stopping'] === true) wasStopping = true;
    else if (typeof record['added'] === 'string') {
      removedGroups.delete(record['added']);
      addedGroups.add(record['added']);
    } else if (typeof record['removed'] === 'string') removedGroups.add(record['removed']);
    else if (Array.isArray(record['retired'])) processes.delete(record['retired'].join(':'));
    else {
      const [process, stray] = [readProcessRecord(record), readStray(record)];
      if (process !== undefined) processes.set(keyOf(process), process);
      else if (stray !== undefined) strays.push(stray);
      else return undefined;
    }
  }
  return { processes, removedGroups, addedGroups, by, keptLogs, strays, wasStopping };
}

interface ProcessSources {
  readonly settings: ProcessSettings;
  readonly record: ProcessRecord | undefined;
  readonly holders: HoldersByFifo;
  readonly options: RecoverOptions;
  readonly journal: ReadJournal | undefined;
}

function recoverProcess({ settings, record, holders, options, journal }: ProcessSources): RecoveredProcess {
  const isOutdated =
    record !== undefined &&
    !options.isHandedOver &&
    journal?.by === options.productVersion &&
    record.settings !== settingsDigest(settings);
  // That it was being stopped, or had been, was not the wish of anybody who wants it to stay so.
  const isStartedAnew = isOutdated || journal?.wasStopping === true;
  const occasion = record?.occasion;
  if (record !== undefined && (hasChild(record) || record.process.state === 'STOPPING')) {
    const process = isStartedAnew ? replacedOnceStopped(record.process) : record.process;
    return { process, birth: record.birth, isOutdated, occasion };
  }
  const child = unseenChild(holders, settings, record);
  if (child !== undefined) {
    const process = startedUnseen(child, record?.process ?? newProcess, options.now);
    const begun = occasion && { ...occasion, isBegun: true };
    return { process, birth: birthOf(child), isOutdated: false, occasion: begun };
  }
  // How a run has ended is to be known, whatever comes next.
  const isForgotten = isStartedAnew && occasion?.occasion.names === undefined;
  if (record === undefined || (isForgotten && pidOf(record.process) === 0)) {
    return { process: newProcess, birth: undefined, isOutdated: false, occasion: undefined };
  }
  return { process: record.process, birth: record.birth, isOutdated, occasion };
}

/** A child of a process whose spawn nobody had the time to write down. */
function unseenChild(
  holders: HoldersByFifo,
  process: ProcessName,
  record: ProcessRecord | undefined,
): PipeHolder | undefined {
  const fifos = streams.map((stream) => basename(fifoPath('', process, stream)));
  // One that is older was left behind by a child of before: its own beginning would have been written down.
  const isPresent = ({ start }: PipeHolder) => record === undefined || start >= record.writtenAt;
  const [first, ...others] = fifos.flatMap((fifo) => holders.get(fifo) ?? []).filter(isPresent);
  return others.reduce((oldest, other) => (oldest && other.start < oldest.start ? other : oldest), first);
}

function birthOf({ start }: PipeHolder): Birth {
  return { from: start, to: start };
}

/** One that has ended, and that nobody has reaped, may have a successor already. */
function hasChild({ process, birth }: ProcessRecord): boolean {
  const pid = pidOf(process);
  return pid !== 0 && birth !== undefined && isRunning(pid, birth);
}

function isRunning(pid: number, birth: Birth): boolean {
  return findProcess(pid, birth)?.isZombie === false;
}

function recordedAutoLogs({ processes }: ReadJournal): Recovered['autoLogs'] {
  return new Map([...processes].map(([key, { autoLogs }]) => [key, autoLogs]));
}

/** Without a journal the logs are known by their names alone. */
function foundAutoLogs(
  { groups, childlogdir, identifier }: RecoverOptions,
  found: ReadonlyMap<string, RecoveredProcess>,
): Recovered['autoLogs'] {
  const isFound = (each: ProcessSettings) => found.get(keyOf(each))?.birth !== undefined;
  const processes = groups.flatMap((group) => group.processes).filter(isFound);
  return new Map(
    processes.map(({ group, name }) => {
      const logs = (['stdout', 'stderr'] as const).flatMap((channel) => {
        const path = findAutoLog({ childlogdir, identifier, process: name, channel });
        return path === undefined ? [] : [[channel, path] as const];
      });
      return [keyOf({ group, name }), Object.fromEntries(logs)];
    }),
  );
}

/** Processes that have FIFOs, by the names of these. */
type HoldersByFifo = ReadonlyMap<string, readonly PipeHolder[]>;

function byFifo(holders: readonly PipeHolder[]): HoldersByFifo {
  const found = new Map<string, PipeHolder[]>();
  for (const holder of holders) {
    for (const fifo of holder.fifos) {
      const others = found.get(fifo);
      if (others === undefined) found.set(fifo, [holder]);
      else others.push(holder);
    }
  }
  return found;
}

/**
 * Of those that have FIFOs, the ones that we started: no other did, and each leads a process group, hence cannot have
 * begun a session. One that has is a daemon that a program left behind.
 */
function children(holders: readonly PipeHolder[]): PipeHolder[] {
  const pids = new Set(holders.map(({ pid }) => pid));
  return holders.filter(
    ({ pid, group, session, ppid }) => pid === group && pid !== session && !pids.has(ppid),
  );
}

function startedUnseen({ pid, start: tick }: PipeHolder, before: Process, now: Now): Process {
  const age = ageOf(tick);
  const start = (now.epoch - age) as EpochSeconds;
  return {
    state: 'STARTING',
    pid,
    startedAt: after(now.instant, -age),
    spawnAt: undefined,
    history: { ...before.history, start, spawnerr: '', exitstatus: undefined },
  };
}

function recordedStrays(
  journal: ReadJournal | undefined,
  holders: HoldersByFifo,
  adopted: ReadonlySet<number>,
): Stray[] {
  const strays = (journal?.strays ?? []).filter(
    ({ pid, birth }) => !adopted.has(pid) && isRunning(pid, birth),
  );
  for (const record of journal?.processes.values() ?? []) {
    const { name, birth, stop } = record;
    if (birth !== undefined && hasChild(record)) {
      const pid = pidOf(record.process);
      if (!adopted.has(pid)) strays.push({ name, pid, birth, ...stop });
      continue;
    }
    const child = unseenChild(holders, record, record);
    if (child === undefined || adopted.has(child.pid)) continue;
    strays.push({ name, pid: child.pid, birth: birthOf(child), ...stop });
  }
  return strays;
}

/** What has FIFOs of no process that is configured, and no journal knows of: it gets what is usual. */
function heldStrays(
  holders: readonly PipeHolder[],
  journal: ReadJournal | undefined,
  adopted: ReadonlySet<number>,
): Stray[] {
  if (journal !== undefined) return [];
  return holders
    .filter(({ pid }) => !adopted.has(pid))
    .map((holder) => ({
      name: [...holder.fifos][0]?.replace(/\.std(?:in|out|err)$/, '') ?? '',
      pid: holder.pid,
      birth: birthOf(holder),
      signal: constants.signals.SIGTERM,
      waitsecs: 10,
    }));
}
