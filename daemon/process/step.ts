/** The vocabulary of the state machine: what can happen to a process, and what follows from it. */
import type { LogLevel, ProcessSettings } from '../../conf/settings.ts';
import type { ProcessStateEvent } from '../event/event.ts';
import type { Now } from '../host/clock.ts';
import type { ExitStatus } from '../host/host.ts';
import type { Process } from './state.ts';

/** Everything that can happen to a process. */
export type Input =
  /** Somebody wants it started. */
  | { readonly type: 'start' }
  /** Its group has just become active. */
  | { readonly type: 'autostart' }
  /** Results of the effect `spawn`. */
  | { readonly type: 'spawned'; readonly pid: number }
  | { readonly type: 'spawnFailed'; readonly reason: string }
  /** The child has been reaped. */
  | { readonly type: 'exited'; readonly status: ExitStatus }
  /** Nothing is alive any more of all that came of the child. After `exited`, where the whole tree is stopped. */
  | { readonly type: 'treeGone' }
  /** Somebody wants it stopped; for `restart` so that it can be started again, which another daemon may have to do. */
  | { readonly type: 'stop'; readonly purpose?: 'restart' | undefined }
  /** The daemon shuts down or restarts, and it is this process' turn. */
  | { readonly type: 'shutDown' }
  /** Results of the effect `kill` other than success. */
  | { readonly type: 'killGone' }
  | { readonly type: 'killFailed'; readonly reason: string }
  /** A signal that somebody asked for, not meant to stop it, could not be sent. */
  | { readonly type: 'signalFailed'; readonly reason: string }
  /** The deadline of the state has come. `maySpawn` is false while the daemon shuts down. */
  | { readonly type: 'tick'; readonly maySpawn: boolean };

export type InputType = Input['type'];
export type InputOf<I extends InputType> = Extract<Input, { readonly type: I }>;

/** Something to be done in the world. Effects are carried out in order; results come back as inputs. */
export type Effect =
  | { readonly type: 'spawn' }
  | {
      readonly type: 'kill';
      readonly pid: number;
      readonly signal: number;
      readonly to: 'process' | 'group' | 'tree';
    }
  /** Asks for a `treeGone`. */
  | { readonly type: 'awaitTree' }
  | { readonly type: 'log'; readonly level: LogLevel; readonly text: string }
  | { readonly type: 'event'; readonly event: ProcessStateEvent };

export interface Step {
  readonly next: Process;
  readonly effects: readonly Effect[];
}

/** A cell of the table: a process in a state, an input, and all a move may depend on besides. */
export interface Cell<P extends Process = Process, I extends Input = Input> {
  readonly process: P;
  readonly input: I;
  readonly settings: ProcessSettings;
  readonly now: Now;
}

/** The step that leaves everything as it is. */
export function stay(process: Process): Step {
  return { next: process, effects: [] };
}

/** The effect of writing a line to the activity log. */
export function log(level: LogLevel, text: string): Effect {
  return { type: 'log', level, text };
}
