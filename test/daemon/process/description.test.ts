import { describe, expect, it } from '@jest/globals';
import type { EpochSeconds, Instant } from '../../../daemon/host/clock.ts';
import { describe as description } from '../../../daemon/process/description.ts';
import { exitCode, exitText } from '../../../daemon/process/exit-text.ts';
import { signalName } from '../../../daemon/process/signal-names.ts';
import { newProcess, type Process, type ProcessHistory } from '../../../daemon/process/state.ts';
import { exitStatus, signalStatus } from '../../support/simulated-host.ts';

function history(changes: { [K in keyof ProcessHistory]?: ProcessHistory[K] | number }): ProcessHistory {
  return { ...newProcess.history, ...changes } as ProcessHistory;
}

function runningSince(start: number): Process {
  return { state: 'RUNNING', pid: 42, startedAt: 0 as Instant, history: history({ start }) };
}

/** The moment when the clock on the wall shows this. */
function localTime(
  ...date: [year: number, month: number, day: number, hours: number, minutes: number]
): number {
  return new Date(...date).getTime() / 1_000;
}

describe('the description of a process', () => {
  const uptimes: readonly [seconds: number, text: string][] = [
    [0, '0:00:00'],
    [59, '0:00:59'],
    [60, '0:01:00'],
    [36_000, '10:00:00'],
    [86_399, '23:59:59'],
    [86_400, '1 day, 0:00:00'],
    [172_799, '1 day, 23:59:59'],
    [172_800, '2 days, 0:00:00'],
    [86_400 * 400 + 3_661, '400 days, 1:01:01'],
    [-5, '0:00:00'],
  ];
  for (const [seconds, text] of uptimes) {
    it(`shows an uptime of ${seconds} seconds as ${text}`, () => {
      const now = (1_700_000_000 + seconds) as EpochSeconds;
      expect(description('web', runningSince(1_700_000_000), now)).toBe(`pid 42, uptime ${text}`);
    });
  }

  it('counts whole seconds of the clock, as clients do with start and now', () => {
    expect(description('web', runningSince(100.9), 101.1 as EpochSeconds)).toBe('pid 42, uptime 0:00:01');
  });

  const stops: readonly [stop: number, text: string][] = [
    [localTime(2026, 10, 21, 23, 25), 'Nov 21 11:25 PM'],
    [localTime(2026, 0, 5, 0, 7), 'Jan 05 12:07 AM'],
    [localTime(2026, 6, 31, 12, 0), 'Jul 31 12:00 PM'],
    [localTime(2026, 4, 1, 1, 59), 'May 01 01:59 AM'],
  ];
  for (const [stop, text] of stops) {
    it(`shows when it stopped as ${text}`, () => {
      const stopped: Process = { state: 'STOPPED', history: history({ start: 1, stop }) };
      const exited: Process = {
        state: 'EXITED',
        exitedAt: 0 as Instant,
        lived: 1,
        history: history({ start: 1, stop }),
      };
      expect(description('web', stopped, 0 as EpochSeconds)).toBe(text);
      expect(description('web', exited, 0 as EpochSeconds)).toBe(text);
    });
  }

  it('is "Not started" for what never had a child, tried or not', () => {
    expect(description('web', newProcess, 0 as EpochSeconds)).toBe('Not started');
    const tried: Process = { state: 'STOPPED', history: history({ start: 5, spawnerr: `can't find` }) };
    expect(description('web', tried, 0 as EpochSeconds)).toBe('Not started');
  });

  it('is the reason where a start failed, and a hint where there is none', () => {
    const fatal: Process = {
      state: 'FATAL',
      failure: undefined,
      history: history({ spawnerr: `can't find command 'x'` }),
    };
    expect(description('web', fatal, 0 as EpochSeconds)).toBe(`can't find command 'x'`);
    const backoff: Process = {
      state: 'BACKOFF',
      failedAt: 0 as Instant,
      failure: undefined,
      history: history({}),
    };
    expect(description('web', backoff, 0 as EpochSeconds)).toBe('unknown error (try "tail web")');
  });

  it('has where a schedule stands behind it, while the process waits for that', () => {
    const status = {
      isPaused: true,
      nextRun: undefined,
      lastRun: undefined,
      runId: undefined,
      problem: undefined,
    };
    const started = { role: 'starts', status } as const;
    const failed = { failure: undefined, history: history({ spawnerr: 'no file' }) };
    const of = (process: Process) => description('web', process, 0 as EpochSeconds, started);
    expect(of(newProcess)).toBe('Not started; schedule paused');
    expect(of({ ...failed, state: 'FATAL' })).toBe('no file; schedule paused');
    expect(of({ ...failed, state: 'BACKOFF', failedAt: 0 as Instant })).toBe('no file');
    expect(of(runningSince(0))).toBe('pid 42, uptime 0:00:00');
    expect(description('web', newProcess, 0 as EpochSeconds, { role: 'runs', status })).toBe('paused');
  });

  it('is empty in between', () => {
    const stopping: Process = { state: 'STOPPING', pid: 1, killAt: 0 as Instant, history: history({}) };
    const starting: Process = {
      state: 'STARTING',
      pid: 1,
      startedAt: 0 as Instant,
      spawnAt: undefined,
      history: history({}),
    };
    expect(description('web', stopping, 0 as EpochSeconds)).toBe('');
    expect(description('web', starting, 0 as EpochSeconds)).toBe('');
  });
});

describe('the text of an exit', () => {
  it('names code, signal and core', () => {
    expect(exitText(exitStatus(127))).toBe('exit status 127');
    expect(exitText(signalStatus(9))).toBe('terminated by SIGKILL');
    expect(exitText(signalStatus(11, { coreDumped: true }))).toBe('terminated by SIGSEGV (core dumped)');
    expect(exitText(signalStatus(35))).toBe('terminated by signal 35');
  });

  it('makes one number of code and signal', () => {
    expect([exitCode(exitStatus(3)), exitCode(signalStatus(3))]).toEqual([3, -1]);
  });

  it('uses the names supervisord uses', () => {
    expect([0, 6, 17, 29, 34, 64].map(signalName)).toEqual([
      'signal 0',
      'SIGABRT',
      'SIGCHLD',
      'SIGPOLL',
      'SIGRTMIN',
      'SIGRTMAX',
    ]);
  });
});
