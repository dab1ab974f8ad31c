import { expect, it } from '@jest/globals';
import type { ProcessSettings } from '../../conf/settings.ts';
import { eventPayload } from '../../daemon/event/event.ts';
import type { EpochSeconds, Instant, Now } from '../../daemon/host/clock.ts';
import { newProcess, type Process, type ProcessHistory, type ProcessIn } from '../../daemon/process/state.ts';
import type { Effect, Input } from '../../daemon/process/step.ts';
import { transition } from '../../daemon/process/transition.ts';
import { processSettings } from './process-settings.ts';
import { exitStatus, signalStatus } from './simulated-host.ts';

export const startOfDay = 1_700_000_000;

export function at(instant: number): Now {
  return { instant: instant as Instant, epoch: (startOfDay + instant) as EpochSeconds };
}

export function history(changes: Partial<ProcessHistory> = {}): ProcessHistory {
  return { ...newProcess.history, ...changes };
}

export const started = history({ start: startOfDay as EpochSeconds });

export function starting(changes: Partial<ProcessIn<'STARTING'>> = {}): Process {
  return {
    state: 'STARTING',
    pid: 7,
    startedAt: 0 as Instant,
    spawnAt: undefined,
    history: started,
    ...changes,
  };
}
export function running(changes: Partial<ProcessIn<'RUNNING'>> = {}): Process {
  return { state: 'RUNNING', pid: 7, startedAt: 0 as Instant, history: started, ...changes };
}
export function backoff(tries: number, changes: Partial<ProcessHistory> = {}): Process {
  return {
    state: 'BACKOFF',
    failedAt: 0 as Instant,
    failure: undefined,
    history: history({ start: startOfDay as EpochSeconds, backoff: tries, spawnerr: 'why', ...changes }),
  };
}
export function stopping(changes: Partial<ProcessIn<'STOPPING'>> = {}): Process {
  return { state: 'STOPPING', pid: 7, killAt: 10 as Instant, history: started, ...changes };
}
export function exited(code: number, lived = 1): Process {
  return { state: 'EXITED', exitedAt: 0 as Instant, lived, history: { ...started, exitstatus: code } };
}
export function unknown(wasStopping: boolean): Process {
  return { state: 'UNKNOWN', pid: 7, wasStopping, problem: 'x', history: started };
}
export const fatal: Process = {
  state: 'FATAL',
  failure: undefined,
  history: history({ start: startOfDay as EpochSeconds, spawnerr: 'why' }),
};

/** An effect in one line, as the world would notice it. */
function notice(effect: Effect): string {
  switch (effect.type) {
    case 'spawn':
      return 'spawn';
    case 'kill':
      return `kill ${effect.to} ${effect.pid} ${effect.signal}`;
    case 'awaitTree':
      return 'await tree';
    case 'log':
      return `${effect.level} ${effect.text}`;
    case 'event':
      return `${effect.event.type} ${eventPayload(effect.event)}`;
    default:
      return effect satisfies never;
  }
}

export interface Case {
  readonly it: string;
  readonly from: Process;
  readonly input: Input;
  readonly settings?: Partial<ProcessSettings>;
  readonly now?: number;
  readonly to: Process['state'];
  readonly effects?: readonly string[];
  readonly history?: Partial<ProcessHistory>;
}

export const start: Input = { type: 'start' };
export const stop: Input = { type: 'stop' };
export const shutDown: Input = { type: 'shutDown' };
export const tick: Input = { type: 'tick', maySpawn: true };
export const tickInShutdown: Input = { type: 'tick', maySpawn: false };
export const spawned: Input = { type: 'spawned', pid: 7 };
export const exitedWith = (code: number): Input => ({ type: 'exited', status: exitStatus(code) });
export const killedBy = (signal: number): Input => ({ type: 'exited', status: signalStatus(signal) });

/** One test for each case. */
export function testTransitions(cases: readonly Case[]): void {
  for (const { it: behaviour, from, input, settings, now = 0, to, effects, history: expected } of cases) {
    it(behaviour, () => {
      const step = transition(from, input, processSettings(settings), at(now));
      expect(step.next.state).toBe(to);
      if (effects !== undefined) expect(step.effects.map(notice)).toEqual(effects);
      if (expected !== undefined) expect(step.next.history).toMatchObject(expected);
    });
  }
}
