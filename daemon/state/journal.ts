/**
 * The journal of processes: each change of a state is appended when it happens, so that it is there when the
 * daemon is killed the moment after.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { autoLogsOf } from '../log/auto-logs.ts';
import type { GroupEntry, ProcessEntry } from '../process/entry.ts';
import type { StateRecorder } from '../process/recovery.ts';
import type { Stray } from '../process/strays.ts';
import { storedBy, storedProcess, storedStray } from './process-record.ts';
import { RecordFile, type RecordFormat } from './record-file.ts';

/** A later version must be able to read the records of all before it. */
export const processesFormat: RecordFormat = { kind: 'processes', version: 1 };

/** Path of the journal. */
export function journalPath(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'processes');
}

export interface JournalOptions {
  readonly runtimeDirectory: string;
  readonly bootId: string;
  /** Version of this program: another one may make other numbers of the same settings. */
  readonly productVersion: string;
  /** From `Recovered`. */
  readonly keptLogs: Iterable<string>;
  readonly log: (level: 'error' | 'info', text: string) => void;
}

export class Journal implements StateRecorder, Disposable {
  readonly #options: JournalOptions;
  readonly #removedGroups = new Set<string>();
  /** AUTO logs of extra instances that are gone: runs are read from them as long as they are recorded. */
  readonly #keptLogs: Set<string>;
  #isStopping = false;
  #strays: readonly Stray[] = [];
  #groups: ReadonlyMap<string, GroupEntry> = new Map();
  #file: RecordFile | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#keptLogs = new Set(options.keptLogs);
  }

  stopping(): void {
    this.#isStopping = true;
    this.#file?.append({ stopping: true });
  }

  begin(groups: ReadonlyMap<string, GroupEntry>, strays: readonly Stray[]): void {
    const { runtimeDirectory, bootId, log } = this.#options;
    this.#groups = groups;
    this.#strays = strays;
    this.#file = new RecordFile({
      ...processesFormat,
      path: journalPath(runtimeDirectory),
      bootId,
      snapshot: () => this.#snapshot(),
      log,
    });
  }

  changed(entry: ProcessEntry): void {
    this.#file?.append(storedProcess(entry));
  }

  retired(entry: ProcessEntry): void {
    const { settings, child } = entry;
    const { group, name, extraInstance } = settings;
    if (extraInstance !== undefined) this.#keepLogs(Object.values(autoLogsOf(settings, child.logfiles)));
    const successor = this.#groups.get(group)?.processes.get(name);
    const isReplaced = successor !== undefined && successor !== entry;
    this.#file?.append(isReplaced ? storedProcess(successor) : { retired: [group, name] });
  }

  #keepLogs(logs: readonly string[]): void {
    for (const log of logs) this.#keptLogs.add(log);
    if (logs.length > 0) this.#file?.append(storedBy(this.#options.productVersion, logs));
  }

  groupAdded(name: string): void {
    this.#removedGroups.delete(name);
    this.#file?.append({ added: name });
  }

  groupRemoved(name: string): void {
    this.#removedGroups.add(name);
    this.#file?.append({ removed: name });
  }

  /** All processes have been stopped: the next daemon has nothing to go on with. */
  remove(): void {
    this.#file?.remove();
    this.#file = undefined;
  }

  /** Leaves it to the next daemon. */
  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }

  *#snapshot(): Iterable<object> {
    // They have been removed with the records of their runs.
    for (const log of this.#keptLogs) if (!existsSync(log)) this.#keptLogs.delete(log);
    yield storedBy(this.#options.productVersion, [...this.#keptLogs]);
    if (this.#isStopping) yield { stopping: true };
    for (const removed of this.#removedGroups) yield { removed };
    for (const stray of this.#strays) yield storedStray(stray);
    for (const [name, { processes }] of this.#groups) {
      // The others are known by their processes.
      if (processes.size === 0) yield { added: name };
      for (const entry of processes.values()) yield storedProcess(entry);
    }
  }
}
