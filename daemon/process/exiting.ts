/** Moves that follow the end of a child. */
import type { ProcessSettings } from '../../conf/settings.ts';
import { stateEvent } from '../event/event.ts';
import type { Now } from '../host/clock.ts';
import type { ExitStatus } from '../host/host.ts';
import { exitCode, exitText } from './exit-text.ts';
import { backOff, becomeRunning, upLongEnoughAt } from './starting.ts';
import type { ProcessHistory, ProcessIn } from './state.ts';
import { type Cell, type InputOf, log, type Step, stay } from './step.ts';
import { stopsTree } from './stopping.ts';

/**
 * The child ended before its start was known to be a success. If it was up for less than `startsecs` the
 * start has failed, whatever the exit code; else it did run, only nobody had noticed yet.
 */
export function exitWhileStarting({
  process,
  input,
  settings,
  now,
}: Cell<ProcessIn<'STARTING'>, InputOf<'exited'>>): Step {
  const { pid } = process;
  if (pid === undefined) return stay(process);
  if (now.instant < upLongEnoughAt(process, settings)) {
    const history: ProcessHistory = {
      ...reaped(process.history, input.status, now),
      exitstatus: undefined,
      spawnerr: 'Exited too quickly (process log may have details)',
    };
    const { next, event } = backOff(process, settings, now, { history, failure: input.status });
    const text = `exited: ${settings.name} (${exitText(input.status)}; not expected)`;
    return { next, effects: [event, log('warn', text)] };
  }
  const running = becomeRunning(process, pid, settings);
  const ended = becomeExited(running.next, input.status, settings, now);
  return { next: ended.next, effects: [running.event, ...ended.effects] };
}

/** The child ended, and nobody had asked it to. */
export function exit({ process, input, settings, now }: Cell<ProcessIn<'RUNNING'>, InputOf<'exited'>>): Step {
  return becomeExited(process, input.status, settings, now);
}

/** The child ended as it was told to. Where its tree is stopped with it, that is not all. */
export function stopped({
  process,
  input,
  settings,
  now,
}: Cell<ProcessIn<'STOPPING'>, InputOf<'exited'>>): Step {
  if (!stopsTree(settings)) return becomeStopped(process, input.status, settings, now);
  return { next: { ...process, childExit: input.status }, effects: [{ type: 'awaitTree' }] };
}

/** All that came of the child has ended too. */
export function treeStopped({
  process,
  settings,
  now,
}: Cell<ProcessIn<'STOPPING'>, InputOf<'treeGone'>>): Step {
  if (process.childExit === undefined) return stay(process);
  return becomeStopped(process, process.childExit, settings, now);
}

/** A child out of reach ended all the same: as if it had never been out of reach. */
export function exitWhileUnknown({
  process,
  input,
  settings,
  now,
}: Cell<ProcessIn<'UNKNOWN'>, InputOf<'exited'>>): Step {
  const end = process.wasStopping ? becomeStopped : becomeExited;
  return end(process, input.status, settings, now);
}

function becomeStopped(
  process: ProcessIn<'STOPPING' | 'UNKNOWN'>,
  status: ExitStatus,
  settings: ProcessSettings,
  now: Now,
): Step {
  const event = stateEvent(settings, process.state, 'STOPPED', { pid: process.pid });
  const level = settings.exitcodes.includes(exitCode(status)) ? 'info' : 'warn';
  return {
    next: { state: 'STOPPED', history: { ...reaped(process.history, status, now), backoff: 0 } },
    effects: [{ type: 'event', event }, log(level, `stopped: ${settings.name} (${exitText(status)})`)],
  };
}

function becomeExited(
  process: ProcessIn<'RUNNING' | 'UNKNOWN'>,
  status: ExitStatus,
  settings: ProcessSettings,
  now: Now,
): Step {
  const expected = settings.exitcodes.includes(exitCode(status));
  const history: ProcessHistory = { ...reaped(process.history, status, now), backoff: 0 };
  const event = stateEvent(settings, process.state, 'EXITED', { expected, pid: process.pid });
  const line = expected
    ? log('info', `exited: ${settings.name} (${exitText(status)}; expected)`)
    : log('warn', `exited: ${settings.name} (${exitText(status)}; not expected)`);
  return {
    next: {
      state: 'EXITED',
      exitedAt: now.instant,
      lived: process.state === 'RUNNING' ? now.instant - process.startedAt : 0,
      history: expected ? history : { ...history, spawnerr: `Bad exit code ${exitCode(status)}` },
    },
    effects: [{ type: 'event', event }, line],
  };
}

function reaped(history: ProcessHistory, status: ExitStatus, now: Now): ProcessHistory {
  return { ...history, stop: now.epoch, exitstatus: exitCode(status), lastExit: status };
}
