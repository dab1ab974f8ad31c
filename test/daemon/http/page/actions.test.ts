import { describe, expect, it } from '@jest/globals';
import { type ActionName, actions, isActionName, perform } from '../../../../daemon/http/page/actions.ts';
import type { StartOutcome } from '../../../../daemon/process/control.ts';
import { fakeRpcContext } from '../../../support/fake-rpc-context.ts';
import { groupSettings } from '../../../support/process-settings.ts';

const groups = [
  groupSettings('web', [{ name: 'web' }]),
  groupSettings('pool', [{ name: 'a' }, { name: 'b' }]),
];
/** 2 November 2025, 03:04:05, wherever the test runs. */
const now = () => new Date(2025, 10, 2, 3, 4, 5).getTime() / 1000;
const at = 'Sun Nov  2 03:04:05 2025';

function contextWith() {
  return fakeRpcContext(groups, { now });
}

describe('an action', () => {
  it('refreshes', async () => {
    const context = contextWith();
    expect(await perform(context, 'refresh', '')).toBe(`Page refreshed at ${at}`);
    expect(context.supervisor.asked).toEqual([]);
  });

  it('stops all that runs', async () => {
    const context = contextWith();
    context.supervisor.process('a', 'pool').run();
    expect(await perform(context, 'stopall', '')).toBe(`All stopped at ${at}`);
    expect(context.supervisor.asked).toEqual(['stop a until stopped']);
  });

  it('restarts all: those that run are stopped, then those that are down are started', async () => {
    const context = contextWith();
    const web = context.supervisor.process('web').run();
    web.stopOutcome = Promise.resolve({ type: 'stopped' as const }).then((outcome) => {
      web.state = 'STOPPED';
      return outcome;
    });
    expect(await perform(context, 'restartall', '')).toBe(`All restarted at ${at}`);
    expect(context.supervisor.asked).toEqual([
      'stop web until stopped',
      'start web until running',
      'start a until running',
      'start b until running',
    ]);
  });

  const starts: readonly [StartOutcome, string][] = [
    [{ type: 'started' }, 'Process web started'],
    [{ type: 'no-file', reason: 'gone' }, 'ERROR: Process web: no such file'],
    [{ type: 'not-executable', reason: 'mode' }, 'ERROR: Process web: file not executable'],
    [{ type: 'already-started' }, 'ERROR: Process web: already started'],
    [{ type: 'spawn-error' }, 'ERROR: Process web: spawn error'],
    [{ type: 'abnormal-termination' }, 'ERROR: Process web: abnormal termination'],
    [
      { type: 'unknown-state' },
      'ERROR: Process web: unexpected rpc fault [30] FAILED: web is in an unknown process state',
    ],
  ];
  for (const [outcome, message] of starts) {
    it(`starts a process: ${outcome.type}`, async () => {
      const context = contextWith();
      context.supervisor.process('web').startOutcome = outcome;
      expect(await perform(context, 'start', 'web')).toBe(message);
    });
  }

  it('stops a process', async () => {
    const context = contextWith();
    const process = context.supervisor.process('a', 'pool').run();
    expect(await perform(context, 'stop', 'pool:a')).toBe('Process pool:a stopped');
    process.stopOutcome = { type: 'failed', reason: 'no way' };
    expect(await perform(context, 'stop', 'pool:a')).toBe('unexpected rpc fault [30] FAILED: no way');
    process.state = 'EXITED';
    expect(await perform(context, 'stop', 'pool:a')).toBe('unexpected rpc fault [70] NOT_RUNNING: pool:a');
  });

  it('restarts a process, also one that is down, and says so whatever happens', async () => {
    const context = contextWith();
    context.supervisor.process('web').startOutcome = { type: 'spawn-error' };
    expect(await perform(context, 'restart', 'web')).toBe('Process web restarted');
    expect(context.supervisor.asked).toEqual(['stop web until stopped', 'start web until running']);
  });

  it('clears the logs of a process', async () => {
    const context = contextWith();
    const process = context.supervisor.process('web');
    expect(await perform(context, 'clearlog', 'web')).toBe('Log for web cleared');
    expect(process.cleared).toBe(1);
    process.clearError = new Error('no');
    expect(await perform(context, 'clearlog', 'web')).toBe('unexpected rpc fault [30] FAILED: web');
  });

  const names = Object.keys(actions).filter(isActionName);
  for (const name of names.filter((name) => actions[name].changes === 'process')) {
    it(`${name} tells that there is no such process, also of a whole group`, async () => {
      const context = contextWith();
      for (const namespec of ['nosuch', 'pool', 'pool:*', 'pool:', ':']) {
        expect(await perform(context, name, namespec)).toBe(`No such process named ${namespec}`);
      }
      expect(context.supervisor.asked).toEqual([]);
    });
  }

  for (const name of names.filter((name) => actions[name].changes !== 'nothing')) {
    it(`${name} does nothing while the daemon ends, and says so`, async () => {
      const context = contextWith();
      context.supervisor.process('web').run();
      context.supervisor.state = 'SHUTDOWN';
      expect(await perform(context, name, 'web')).toBe('unexpected rpc fault [6] SHUTDOWN_STATE');
      expect(context.supervisor.asked).toEqual([]);
    });
  }

  it('has a name in the table, and no other', () => {
    const known: readonly ActionName[] = ['start', 'stopall'];
    for (const name of known) expect(isActionName(name)).toBe(true);
    for (const name of ['', 'Start', 'shutdown', 'constructor', '__proto__'])
      expect(isActionName(name)).toBe(false);
  });

  it('that fails in an unforeseen way is not taken for a fault', async () => {
    const context = contextWith();
    context.supervisor.process('web').startOutcome = Promise.reject(new Error('a mistake'));
    await expect(perform(context, 'start', 'web')).rejects.toThrow('a mistake');
    context.supervisor.process('web').startOutcome = Promise.reject(new Error('a mistake'));
    await expect(perform(context, 'restart', 'web')).rejects.toThrow('a mistake');
  });
});
