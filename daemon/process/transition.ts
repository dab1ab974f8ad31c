/**
 * The life of a process as one table of moves. Pure: it reads no clock, touches no child, writes no log.
 *
 * ```text
 *                        spawn error, quick exit
 *              STARTING ─────────────────────────> BACKOFF ──── retries used up ───> FATAL
 *             ↗   │   ↖──────── after a delay ────────┘
 *      start ╱    │ up for startsecs
 *  STOPPED ─╯     ↓           exit
 *     ↑        RUNNING ───────────────> EXITED ──── autorestart ───> STARTING
 *     │           │ stop
 *     ╰──────  STOPPING                 UNKNOWN: a signal could not be sent
 * ```
 */
import type { ProcessSettings } from '../../conf/settings.ts';
import type { ProcessStateName } from '../../rpc/process-states.ts';
import type { Instant, Now } from '../host/clock.ts';
import { exit, exitWhileStarting, exitWhileUnknown, stopped, treeStopped } from './exiting.ts';
import {
  failToSpawn,
  hasNoRetryLeft,
  justAfter,
  recordPid,
  restartIfWanted,
  retryAt,
  retryOrGiveUp,
  spawn,
  spawnIfAutostart,
  spawnOrRun,
  upLongEnoughAt,
  wantsRestart,
} from './starting.ts';
import type { Process, ProcessIn } from './state.ts';
import { type Cell, type Input, type InputOf, type InputType, type Step, stay } from './step.ts';
import {
  giveUpForShutdown,
  killAfterStopwaitsecs,
  loseControl,
  loseControlStopping,
  noteGone,
  signalToStop,
  stopInBackoff,
} from './stopping.ts';

/** Every legal move. An input with no cell in a row means nothing in that state. */
const moves = {
  STOPPED: { start: spawn, autostart: spawnIfAutostart },
  STARTING: {
    spawned: recordPid,
    spawnFailed: failToSpawn,
    exited: exitWhileStarting,
    stop: signalToStop,
    shutDown: signalToStop,
    signalFailed: loseControl,
    tick: spawnOrRun,
  },
  RUNNING: { exited: exit, stop: signalToStop, shutDown: signalToStop, signalFailed: loseControl },
  BACKOFF: { stop: stopInBackoff, shutDown: giveUpForShutdown, tick: retryOrGiveUp },
  STOPPING: {
    exited: stopped,
    treeGone: treeStopped,
    killGone: noteGone,
    killFailed: loseControlStopping,
    signalFailed: loseControl,
    tick: killAfterStopwaitsecs,
  },
  EXITED: { start: spawn, tick: restartIfWanted },
  FATAL: { start: spawn },
  UNKNOWN: { exited: exitWhileUnknown },
} satisfies { readonly [S in ProcessStateName]: { readonly [I in InputType]?: Move<S, I> } };

type Move<S extends ProcessStateName, I extends InputType> = (cell: Cell<ProcessIn<S>, InputOf<I>>) => Step;

/**
 * What becomes of a process, and what has to be done for it.
 *
 * @param now the present moment: its monotonic part decides, its wall time is only remembered
 */
export function transition(process: Process, input: Input, settings: ProcessSettings, now: Now): Step {
  // `satisfies` has checked each move against its row and column; looking one up forgets which.
  const row: { readonly [I in InputType]?: unknown } = moves[process.state];
  const move = row[input.type] as ((cell: Cell) => Step) | undefined;
  return move === undefined ? stay(process) : move({ process, input, settings, now });
}

/**
 * When a `tick` will move the process, if nothing else happens before; `undefined`: never. A moment in the
 * past means at once.
 *
 * @param maySpawn false while the daemon shuts down: then there is no next attempt to wake up for
 */
export function deadlineOf(
  process: Process,
  settings: ProcessSettings,
  maySpawn: boolean,
): Instant | undefined {
  switch (process.state) {
    case 'STARTING':
      // `startsecs` must have passed, not just come; so must the delay in BACKOFF.
      if (process.pid !== undefined) return justAfter(upLongEnoughAt(process, settings));
      return maySpawn ? process.spawnAt : undefined;
    case 'BACKOFF':
      if (hasNoRetryLeft(process, settings)) return process.failedAt;
      return maySpawn ? justAfter(retryAt(process)) : undefined;
    case 'STOPPING':
      return process.killAt;
    case 'EXITED':
      return maySpawn && wantsRestart(process.history, settings) ? process.exitedAt : undefined;
    case 'STOPPED':
    case 'RUNNING':
    case 'FATAL':
    case 'UNKNOWN':
      return undefined;
    default:
      return process satisfies never;
  }
}
