import process from 'node:process';
import { afterEach, expect, it } from '@jest/globals';
import { type SignalHandlers, Signals } from '../../daemon/signals.ts';
import { waitFor } from '../support/wait-for.ts';

const names = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCHLD'] as const;
const before = new Map(names.map((name) => [name, process.listeners(name)]));
afterEach(() => {
  for (const name of names) {
    for (const listener of process.listeners(name)) {
      if (!before.get(name)?.includes(listener)) process.off(name, listener);
    }
  }
});

function recording(told: string[]): SignalHandlers {
  return {
    exit: (signal) => told.push(`exit ${signal}`),
    restart: () => told.push('restart'),
    reopenLogs: () => told.push('reopen logs'),
    upgrade: () => told.push('upgrade'),
    childQuit: () => told.push('child quit'),
  };
}

it('tells signals that came before there was somebody to tell, also to an earlier version', async () => {
  const told: string[] = [];
  const signals = new Signals(['SIGHUP', 'SIGTERM']);
  expect(signals.waiting).toEqual(['SIGTERM', 'SIGHUP']);
  signals.handle(recording(told));
  await waitFor(() => told.length === 2);
  expect(told).toEqual(['exit SIGTERM', 'restart']);
  expect(signals.waiting).toEqual([]);
});

it('keeps signals that come when nobody handles them any more', async () => {
  const told: string[] = [];
  const signals = new Signals();
  signals.handle(recording(told))();
  process.emit('SIGUSR2');
  await waitFor(() => signals.waiting.length > 0);
  signals.hold('SIGTERM');
  expect(signals.waiting).toEqual(['SIGUSR2', 'SIGTERM']);
  expect(told).toEqual([]);
});
