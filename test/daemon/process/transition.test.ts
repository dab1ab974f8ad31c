import { describe, expect, it } from '@jest/globals';
import type { EpochSeconds, Instant } from '../../../daemon/host/clock.ts';
import { newProcess } from '../../../daemon/process/state.ts';
import type { Input } from '../../../daemon/process/step.ts';
import { deadlineOf, transition } from '../../../daemon/process/transition.ts';
import { processStates } from '../../../rpc/process-states.ts';
import { processSettings } from '../../support/process-settings.ts';
import {
  at,
  backoff,
  exited,
  exitedWith,
  fatal,
  killedBy,
  running,
  shutDown,
  spawned,
  start,
  starting,
  stop,
  stopping,
  tick,
  tickInShutdown,
  unknown,
} from '../../support/transition-cases.ts';

describe('transition', () => {
  it('counts retries from the failure on, one second more each time', () => {
    for (const tries of [1, 2, 3]) {
      const deadline = deadlineOf(backoff(tries), processSettings(), true);
      expect(deadline).toBeGreaterThan(tries);
      expect(deadline).toBeLessThan(tries + 0.001);
    }
  });

  it('asks for no deadline where only others can move it', () => {
    for (const process of [
      newProcess,
      running(),
      exited(0),
      fatal,
      unknown(true),
      starting({ pid: undefined }),
    ]) {
      expect(deadlineOf(process, processSettings(), true)).toBeUndefined();
    }
    expect(deadlineOf(backoff(1), processSettings(), false)).toBeUndefined();
    expect(deadlineOf(exited(1), processSettings(), false)).toBeUndefined();
  });

  it('repeats SIGKILL every stopwaitsecs, but never more often than once a second', () => {
    const killAtAfter = (stopwaitsecs: number) => {
      const { next } = transition(stopping(), tick, processSettings({ stopwaitsecs }), at(10));
      return deadlineOf(next, processSettings({ stopwaitsecs }), true);
    };
    expect(killAtAfter(10)).toBe(20);
    expect(killAtAfter(0)).toBe(11);
  });

  it('lets no input in any state be an error, and always reaches one of the eight states', () => {
    const inputs: Input[] = [
      start,
      stop,
      shutDown,
      tick,
      tickInShutdown,
      spawned,
      exitedWith(0),
      killedBy(9),
      { type: 'autostart' },
      { type: 'spawnFailed', reason: 'x' },
      { type: 'killGone' },
      { type: 'killFailed', reason: 'x' },
      { type: 'signalFailed', reason: 'x' },
    ];
    const states = [
      newProcess,
      starting(),
      starting({ pid: undefined }),
      running(),
      backoff(1),
      backoff(9),
      stopping(),
      exited(0),
      fatal,
      unknown(true),
      unknown(false),
    ];
    for (const process of states) {
      for (const input of inputs) {
        const { next } = transition(process, input, processSettings(), at(100));
        expect(Object.keys(processStates)).toContain(next.state);
      }
    }
  });

  it('is judged by the monotonic clock alone, however the wall clock is stepped', () => {
    const stepped = { instant: 0.5 as Instant, epoch: 0 as EpochSeconds };
    expect(transition(starting(), exitedWith(1), processSettings(), stepped).next.state).toBe('BACKOFF');
    expect(transition(starting(), tick, processSettings(), stepped).next.state).toBe('STARTING');
    const future = { instant: 1.5 as Instant, epoch: 9e9 as EpochSeconds };
    expect(transition(starting(), exitedWith(0), processSettings(), future).next.state).toBe('EXITED');
  });
});
