/**
 * What is written down of a process: as little as the next daemon needs to go on with it. Nothing of its
 * environment, its command or its output is in it.
 */

import type { RunNames } from '../../conf/run-names.ts';
import type { ProcessSettings } from '../../conf/settings.ts';
import { processStates } from '../../rpc/process-states.ts';
import { type Birth, presentTick } from '../host/birth.ts';
import type { Channel } from '../host/host.ts';
import { crc32 } from '../host/libc/checksum.ts';
import { autoLogsOf } from '../log/auto-logs.ts';
import type { ProcessEntry } from '../process/entry.ts';
import type { OccasionRecord, RunOutput } from '../process/occasion.ts';
import { type Process, pidOf } from '../process/state.ts';
import type { Stray } from '../process/strays.ts';

/** How to stop a process that is not configured any more. */
export interface StopRecord {
  readonly signal: number;
  /** Seconds. */
  readonly waitsecs: number;
}

export interface ProcessRecord {
  readonly group: string;
  readonly name: string;
  /** Its instants are those of the machine's monotonic clock. */
  readonly process: Process;
  readonly birth: Birth | undefined;
  /** When it was written down, in the ticks by which births are told. */
  readonly writtenAt: number;
  readonly stop: StopRecord;
  /** Tells whether the settings that its child was started with are the same; says nothing about what they are. */
  readonly settings: number;
  /** Names that the daemon has given to log files. */
  readonly autoLogs: { readonly [C in Channel]?: string };
  /** What it was started for last, if not for its own sake. */
  readonly occasion: OccasionRecord | undefined;
}

/** A record as it is in the file, by names that stay. */
interface StoredProcess {
  readonly process: readonly [group: string, name: string];
  readonly is: Process;
  readonly at: number;
  readonly born?: readonly [from: number, to: number];
  readonly stop: readonly [signal: number, waitsecs: number];
  readonly settings: number;
  readonly logs?: ProcessRecord['autoLogs'];
  readonly run?: StoredOccasion;
}

interface StoredOccasion {
  readonly id: readonly [runId: string, attempt: number];
  readonly names?: RunNames;
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly isBegun: boolean;
  readonly output: RunOutput;
}

/** The record of a process as it is now. */
export function storedProcess({ settings, process, birth, child, occasion }: ProcessEntry): object {
  const logs = autoLogsOf(settings, child.logfiles);
  return {
    process: [settings.group, settings.name],
    is: process,
    at: presentTick(),
    ...(birth !== undefined && pidOf(process) !== 0 && { born: [birth.from, birth.to] }),
    stop: [settings.stopsignal, settings.stopwaitsecs],
    settings: settings.isOutdated ? unlikeAny : settingsDigest(settings),
    ...(Object.keys(logs).length > 0 && { logs }),
    ...(occasion !== undefined && { run: storedOccasion(occasion) }),
  } satisfies StoredProcess;
}

/** `undefined`: it is no record of a process. */
export function readProcessRecord(stored: object): ProcessRecord | undefined {
  const { process, is, at = 0, born, stop, settings, logs = {}, run } = stored as Partial<StoredProcess>;
  if (process === undefined || is === undefined || stop === undefined || settings === undefined) {
    return undefined;
  }
  if (!Object.hasOwn(processStates, is.state) || typeof is.history !== 'object') return undefined;
  return {
    group: process[0],
    name: process[1],
    process: complete(is),
    writtenAt: at,
    birth: born && { from: born[0], to: born[1] },
    stop: { signal: stop[0], waitsecs: stop[1] },
    settings,
    autoLogs: logs,
    occasion: run && readOccasion(run),
  };
}

function storedOccasion({ occasion, isBegun, output }: OccasionRecord): StoredOccasion {
  const { runId, attempt, names, environment } = occasion;
  return { id: [runId, attempt], ...(names && { names }), variables: [...environment], isBegun, output };
}

function readOccasion({ id, names, variables, isBegun, output }: StoredOccasion): OccasionRecord {
  const [runId, attempt] = id;
  const occasion = { runId, attempt, names, environment: new Map(variables) };
  return { occasion, isBegun, output };
}

/**
 * Who writes, and logs of processes that are gone which are to be kept all the same.
 *
 * @param logs to be added to those that are known
 */
export function storedBy(version: string, logs: readonly string[]): object {
  return { by: version, ...(logs.length > 0 && { logs }) };
}

/** A stray as it is in the file. */
interface StoredStray {
  readonly stray: readonly [
    name: string,
    pid: number,
    from: number,
    to: number,
    signal: number,
    waitsecs: number,
  ];
}

/** The record of a process that is not configured any more. */
export function storedStray({ name, pid, birth, signal, waitsecs }: Stray): object {
  return { stray: [name, pid, birth.from, birth.to, signal, waitsecs] } satisfies StoredStray;
}

/** `undefined`: it is no record of a stray. */
export function readStray({ stray }: Partial<StoredStray>): Stray | undefined {
  if (stray === undefined) return undefined;
  const [name, pid, from, to, signal, waitsecs] = stray;
  return { name, pid, birth: { from, to }, signal, waitsecs };
}

/** JSON leaves out what is `undefined`. */
function complete(process: Process): Process {
  const { exitstatus, lastExit } = process.history;
  return { ...process, history: { ...process.history, exitstatus, lastExit } };
}

/** In place of the digest of settings that are not known any more. */
const unlikeAny = -1;
const digests = new WeakMap<ProcessSettings, number>();

/** A number that changes with the settings. It has 32 bits: nobody can find out by it what they were. */
export function settingsDigest(settings: ProcessSettings): number {
  const known = digests.get(settings);
  if (known !== undefined) return known;
  const { priority: _priority, section: _section, file: _file, isOutdated: _isOutdated, ...rest } = settings;
  const digest = crc32(JSON.stringify(rest, (_, value) => (value instanceof Map ? [...value] : value)));
  digests.set(settings, digest);
  return digest;
}
