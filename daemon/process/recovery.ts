/** What one daemon leaves to the next: the other side of what is written down while it runs. */
import type { Birth } from '../host/birth.ts';
import type { GroupEntry, ProcessEntry } from './entry.ts';
import type { OccasionRecord } from './occasion.ts';
import { newProcess, type Process } from './state.ts';
import type { Stray } from './strays.ts';

/** A process as an earlier daemon knew it last. */
export interface RecoveredProcess {
  /** Its child may have ended since. */
  readonly process: Process;
  /** Of the child; `undefined`: there was none. */
  readonly birth: Birth | undefined;
  /** Its settings were other ones than now. */
  readonly isOutdated: boolean;
  /** On which it was started last. */
  readonly occasion?: OccasionRecord | undefined;
}

/** What is known of an earlier daemon that did not stop its processes. */
export interface Recovery {
  find(group: string, process: string): RecoveredProcess | undefined;
  /** Numbers of the extra instances of a group of which there are processes. */
  extraInstances(group: string): readonly number[];
  /** Whether a group of the configuration is not to be activated: somebody had it removed. */
  isRemoved(group: string): boolean;
  /** Children of processes that are not configured any more. */
  readonly strays: readonly Stray[];
}

/**
 * A process that is being stopped to make room for another one: when it is down, it is as if it had never been
 * started.
 */
export function replacedOnceStopped(process: Process): Process {
  if (process.state !== 'STOPPING') return process;
  return { ...process, history: { ...process.history, start: newProcess.history.start } };
}

/** Whether a process is to be started with its group, as if for the first time, when it has been stopped. */
export function isReplacedOnceStopped({ state, history }: Process): boolean {
  return state === 'STOPPING' && history.start === newProcess.history.start;
}

/** Writes down what the next daemon has to know if this one is killed. Must not throw. */
export interface StateRecorder {
  /**
   * Begins with the present state of all active groups, which it may look at again later.
   *
   * @param strays that are being stopped, which the next daemon has to see to if this one cannot
   */
  begin(groups: ReadonlyMap<string, GroupEntry>, strays: readonly Stray[]): void;
  /** A process is in another state. */
  changed(entry: ProcessEntry): void;
  /** A process is no longer in an active group. */
  retired(entry: ProcessEntry): void;
  /** All processes are about to be stopped, so that a state they have from now on is nobody's wish. */
  stopping(): void;
  groupAdded(name: string): void;
  groupRemoved(name: string): void;
}

/** Nobody will go on after this daemon. */
export const noRecorder: StateRecorder = {
  begin() {},
  changed() {},
  retired() {},
  stopping() {},
  groupAdded() {},
  groupRemoved() {},
};
