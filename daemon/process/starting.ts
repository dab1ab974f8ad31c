/** Moves that bring a child up: spawn, stay up for `startsecs`, or back off and try again. */
import type { ProcessSettings } from '../../conf/settings.ts';
import { stateEvent } from '../event/event.ts';
import { after, type Instant, type Now } from '../host/clock.ts';
import type {
  BackoffProcess,
  Process,
  ProcessHistory,
  ProcessIn,
  RunningProcess,
  StartingProcess,
} from './state.ts';
import { type Cell, type Effect, type InputOf, log, type Step, stay } from './step.ts';
import { isEssential, isExpected } from './verdict.ts';

/** Starts a process because somebody asked for it. */
export function spawn({
  process,
  settings,
  now,
}: Cell<ProcessIn<'STOPPED' | 'EXITED' | 'FATAL'>, InputOf<'start'>>): Step {
  return beginSpawn(process, settings, now, process.history);
}

/** Starts a process because its group has become active; only ever the first time. */
export function spawnIfAutostart({
  process,
  settings,
  now,
}: Cell<ProcessIn<'STOPPED'>, InputOf<'autostart'>>): Step {
  if (!isToAutostart(process, settings)) return stay(process);
  return beginSpawn(process, settings, now, process.history);
}

/** Whether a process is yet to be started along with its group. */
export function isToAutostart({ state, history }: Process, { autostart }: ProcessSettings): boolean {
  return autostart && state === 'STOPPED' && history.start === 0;
}

/**
 * Seconds that a child must have been up for the next one to be spawned in the same breath. Programs that
 * end as soon as they start (with `startsecs=0` nothing slows them down) would end faster than they can be
 * spawned, and one exit would follow another without the daemon ever getting to anything else.
 */
const longEnoughToRespawnAtOnce = 1;

/**
 * Starts an ended process again if `autorestart` wants it, as often as it takes: at once, or if the last
 * child was short-lived, in the event loop's next turn. The process is STARTING all the same, so that
 * whoever wants to stop it can.
 */
export function restartIfWanted({
  process,
  input,
  settings,
  now,
}: Cell<ProcessIn<'EXITED'>, InputOf<'tick'>>): Step {
  if (!input.maySpawn || !wantsRestart(process.history, settings)) return stay(process);
  const step = respawn(process, settings, now);
  if (process.lived >= longEnoughToRespawnAtOnce) return step;
  return {
    next: { ...step.next, spawnAt: justAfter(now.instant) },
    effects: step.effects.filter(({ type }) => type !== 'spawn'),
  };
}

/** Spawns what was to be spawned a little later. */
function spawnLater(process: StartingProcess, input: InputOf<'tick'>, now: Now): Step {
  if (!input.maySpawn || process.spawnAt === undefined || now.instant < process.spawnAt) return stay(process);
  const history = { ...process.history, start: now.epoch };
  return {
    next: { ...process, startedAt: now.instant, spawnAt: undefined, history },
    effects: [{ type: 'spawn' }],
  };
}

/** Whether `autorestart` asks for another child after the last one's end, which leaves the daemon as it is. */
export function wantsRestart(history: ProcessHistory, settings: ProcessSettings): boolean {
  if (isEssential(history, settings)) return false;
  switch (settings.autorestart) {
    case 'always':
      return true;
    case 'never':
      return false;
    case 'unexpected':
      return !isExpected(history, settings);
    default:
      return settings.autorestart satisfies never;
  }
}

/** Notes the new child. With `startsecs=0` there is nothing to wait for. */
export function recordPid({
  process,
  input,
  settings,
}: Cell<ProcessIn<'STARTING'>, InputOf<'spawned'>>): Step {
  const { pid } = input;
  const started: StartingProcess = { ...process, pid };
  const spawned = log('info', `spawned: '${settings.name}' with pid ${pid}`);
  if (settings.startsecs > 0) return { next: started, effects: [spawned] };
  const { next, effects } = succeed(started, pid, settings);
  return { next, effects: [spawned, ...effects] };
}

/** Promotes a child that has stayed up for more than `startsecs`, or spawns it if it is yet to be. */
export function spawnOrRun({
  process,
  input,
  settings,
  now,
}: Cell<ProcessIn<'STARTING'>, InputOf<'tick'>>): Step {
  if (process.pid === undefined) return spawnLater(process, input, now);
  if (now.instant <= upLongEnoughAt(process, settings)) return stay(process);
  return succeed(process, process.pid, settings);
}

/** When a STARTING process counts as RUNNING, once that moment has passed. */
export function upLongEnoughAt(process: StartingProcess, settings: ProcessSettings): Instant {
  return after(process.startedAt, settings.startsecs);
}

/** RUNNING, without the line that says so: an end can come before the deadline is looked at. */
export function becomeRunning(
  process: StartingProcess,
  pid: number,
  settings: ProcessSettings,
): { readonly next: RunningProcess; readonly event: Effect } {
  return {
    next: {
      state: 'RUNNING',
      pid,
      startedAt: process.startedAt,
      history: { ...process.history, backoff: 0 },
    },
    event: { type: 'event', event: stateEvent(settings, process.state, 'RUNNING', { pid }) },
  };
}

/** No child came into being. */
export function failToSpawn({
  process,
  input,
  settings,
  now,
}: Cell<ProcessIn<'STARTING'>, InputOf<'spawnFailed'>>): Step {
  const history = { ...process.history, spawnerr: input.reason };
  const { next, event } = backOff(process, settings, now, { history, failure: undefined });
  return { next, effects: [log('info', `spawnerr: ${input.reason}`), event] };
}

/** BACKOFF, with one more failed start on the counter. */
export function backOff(
  process: StartingProcess,
  settings: ProcessSettings,
  now: Now,
  { history, failure }: Pick<BackoffProcess, 'history' | 'failure'>,
): { readonly next: BackoffProcess; readonly event: Effect } {
  const backoff = history.backoff + 1;
  return {
    next: { state: 'BACKOFF', failedAt: now.instant, failure, history: { ...history, backoff } },
    event: { type: 'event', event: stateEvent(settings, process.state, 'BACKOFF', { tries: backoff }) },
  };
}

/** Tries again, or gives up once `startretries` retries after the first attempt have failed too. */
export function retryOrGiveUp({
  process,
  input,
  settings,
  now,
}: Cell<ProcessIn<'BACKOFF'>, InputOf<'tick'>>): Step {
  if (hasNoRetryLeft(process, settings)) {
    const { next, event } = becomeFatal(process, settings);
    const text = `gave up: ${settings.name} entered FATAL state, too many start retries too quickly`;
    return { next, effects: [event, log('info', text)] };
  }
  if (!input.maySpawn || now.instant <= retryAt(process)) return stay(process);
  return respawn(process, settings, now);
}

/** Whether the next thing to do in BACKOFF is to give up. */
export function hasNoRetryLeft(process: BackoffProcess, settings: ProcessSettings): boolean {
  return process.history.backoff > settings.startretries;
}

/** The next attempt is due when this moment has passed. Linear, as supervisord's: one second more each time. */
export function retryAt(process: BackoffProcess): Instant {
  return after(process.failedAt, process.history.backoff);
}

/** FATAL: nobody tries any more, whether retries are exhausted or the daemon shuts down. */
export function becomeFatal(
  process: BackoffProcess,
  settings: ProcessSettings,
): { readonly next: Process; readonly event: Effect } {
  return {
    next: { state: 'FATAL', failure: process.failure, history: { ...process.history, backoff: 0 } },
    event: { type: 'event', event: stateEvent(settings, process.state, 'FATAL', {}) },
  };
}

/** STARTING again without anybody having asked. */
function respawn(process: Process, settings: ProcessSettings, now: Now): StartingStep {
  const { history } = process;
  return beginSpawn(process, settings, now, { ...history, restarts: history.restarts + 1 });
}

interface StartingStep extends Step {
  readonly next: StartingProcess;
}

function beginSpawn(
  process: Process,
  settings: ProcessSettings,
  now: Now,
  history: ProcessHistory,
): StartingStep {
  const event = stateEvent(settings, process.state, 'STARTING', { tries: history.backoff });
  return {
    next: {
      state: 'STARTING',
      pid: undefined,
      startedAt: now.instant,
      spawnAt: undefined,
      history: { ...history, start: now.epoch, spawnerr: '', exitstatus: undefined },
    },
    effects: [{ type: 'event', event }, { type: 'spawn' }],
  };
}

function succeed(process: StartingProcess, pid: number, settings: ProcessSettings): Step {
  const { next, event } = becomeRunning(process, pid, settings);
  const text = `success: ${settings.name} entered RUNNING state, process has stayed up for > than ${settings.startsecs} seconds (startsecs)`;
  return { next, effects: [event, log('info', text)] };
}

/** The clock's next microsecond: what has to wait for it is not done at once, though as good as. */
export function justAfter(instant: Instant): Instant {
  return (instant + 1e-6) as Instant;
}
