/** Moves that bring a child down: the stop signal, SIGKILL when it takes too long, and what can go wrong. */
import type { ProcessSettings } from '../../conf/settings.ts';
import { stateEvent } from '../event/event.ts';
import { after } from '../host/clock.ts';
import { replacedOnceStopped } from './recovery.ts';
import { SIGKILL, signalName } from './signal-names.ts';
import { becomeFatal } from './starting.ts';
import type { Process, ProcessIn } from './state.ts';
import { type Cell, type Effect, type InputOf, log, type Step, stay } from './step.ts';

/**
 * Shortest time between two SIGKILLs, in seconds. With `stopwaitsecs=0` the first follows the stop signal
 * at once; a child that even SIGKILL does not end at once (in an uninterruptible sleep) must not keep the
 * daemon busy.
 */
const killAgainSecs = 1;

type SignalTarget = keyof typeof targetWords;

/** Sends the stop signal, if there is anything to send it to yet. */
export function signalToStop({
  process,
  input,
  settings,
  now,
}: Cell<ProcessIn<'STARTING' | 'RUNNING'>, InputOf<'stop' | 'shutDown'>>): Step {
  const { pid } = process;
  const signal = settings.stopsignal;
  if (process.state === 'STARTING' && process.spawnAt !== undefined) {
    const event = stateEvent(settings, process.state, 'STOPPED', { pid: 0 });
    return { next: { state: 'STOPPED', history: process.history }, effects: [{ type: 'event', event }] };
  }
  if (pid === undefined) {
    const text = `attempted to kill ${settings.name} with sig ${signalName(signal)} but it wasn't running`;
    return { next: process, effects: [log('debug', text)] };
  }
  const to = targetOf(settings, settings.stopasgroup);
  const [line, kill] = killing(settings, pid, signal, to);
  const event = stateEvent(settings, process.state, 'STOPPING', { pid });
  const next: Process = {
    state: 'STOPPING',
    pid,
    killAt: after(now.instant, settings.stopwaitsecs),
    history: process.history,
  };
  const isReplaced = input.type === 'stop' && input.purpose === 'restart';
  return {
    next: isReplaced ? replacedOnceStopped(next) : next,
    effects: [line, { type: 'event', event }, kill],
  };
}

/** Sends SIGKILL, and again every `stopwaitsecs` until the child is reaped. */
export function killAfterStopwaitsecs({
  process,
  settings,
  now,
}: Cell<ProcessIn<'STOPPING'>, InputOf<'tick'>>): Step {
  if (now.instant < process.killAt) return stay(process);
  const { pid } = process;
  const to = targetOf(settings, settings.killasgroup);
  const killAt = after(now.instant, Math.max(settings.stopwaitsecs, killAgainSecs));
  const whom = process.childExit === undefined ? `'${settings.name}'` : `what is left of '${settings.name}'`;
  const warning = log('warn', `killing ${whom} (${pid}) with SIGKILL`);
  return { next: { ...process, killAt }, effects: [warning, ...killing(settings, pid, SIGKILL, to)] };
}

/**
 * Stops a process that waits for its next attempt. The counter starts afresh, so that the next start has
 * all its retries; supervisord goes on counting where it was.
 */
export function stopInBackoff({ process, settings }: Cell<ProcessIn<'BACKOFF'>, InputOf<'stop'>>): Step {
  const event = stateEvent(settings, process.state, 'STOPPED', { pid: 0 });
  return {
    next: { state: 'STOPPED', history: { ...process.history, backoff: 0 } },
    effects: [
      log('debug', `Attempted to kill ${settings.name}, which is in BACKOFF state.`),
      { type: 'event', event },
    ],
  };
}

/** Shutdown reaches a process that waits for its next attempt: there will be none. */
export function giveUpForShutdown({
  process,
  settings,
}: Cell<ProcessIn<'BACKOFF'>, InputOf<'shutDown'>>): Step {
  const { next, event } = becomeFatal(process, settings);
  return { next, effects: [event] };
}

/** The child had gone when the signal was sent. Its exit is on the way, so this counts as sent. */
export function noteGone({ process, settings }: Cell<ProcessIn<'STOPPING'>, InputOf<'killGone'>>): Step {
  const text = `unable to signal ${settings.name} (pid ${process.pid}), it probably just exited on its own: [Errno 3] No such process`;
  return { next: process, effects: [log('debug', text)] };
}

/** The stop signal or SIGKILL could not be sent. */
export function loseControlStopping({
  process,
  input,
  settings,
}: Cell<ProcessIn<'STOPPING'>, InputOf<'killFailed'>>): Step {
  const problem = `unknown problem killing ${settings.name} (${process.pid}):${input.reason}`;
  return becomeUnknown(process, process.pid, settings, { problem, wasStopping: true });
}

/** A signal that somebody asked for could not be sent. */
export function loseControl({
  process,
  input,
  settings,
}: Cell<ProcessIn<'STARTING' | 'RUNNING' | 'STOPPING'>, InputOf<'signalFailed'>>): Step {
  const { pid } = process;
  if (pid === undefined) return stay(process);
  const problem = problemSending(settings.name, pid, input.reason);
  return becomeUnknown(process, pid, settings, { problem, wasStopping: process.state === 'STOPPING' });
}

/** What log and clients are told of a signal that could not be sent. */
export function problemSending(name: string, pid: number, reason: string): string {
  return `unknown problem sending sig ${name} (${pid}):${reason}`;
}

function becomeUnknown(
  process: Process,
  pid: number,
  settings: ProcessSettings,
  cause: { readonly problem: string; readonly wasStopping: boolean },
): Step {
  const event = stateEvent(settings, process.state, 'UNKNOWN', {});
  return {
    next: { state: 'UNKNOWN', pid, history: process.history, ...cause },
    effects: [log('critical', cause.problem), { type: 'event', event }],
  };
}

/** Whether a process counts as stopped only when all that has come of it has ended. */
export function stopsTree({ killmode }: ProcessSettings): boolean {
  return killmode === 'tree' || killmode === 'cgroup';
}

function targetOf(settings: ProcessSettings, asGroup: boolean): SignalTarget {
  if (stopsTree(settings)) return 'tree';
  return asGroup ? 'group' : 'process';
}

const targetWords = { process: '', group: 'process group ', tree: 'process tree ' } as const;

function killing(
  settings: ProcessSettings,
  pid: number,
  signal: number,
  to: SignalTarget,
): readonly [line: Effect, kill: Effect] {
  const text = `killing ${settings.name} (pid ${pid}) ${targetWords[to]}with signal ${signalName(signal)}`;
  return [log('debug', text), { type: 'kill', pid, signal, to }];
}
