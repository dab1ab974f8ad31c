/** State that earlier versions of this program have written: every later one must be able to go on with it. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { GroupSettings } from '../../../conf/settings.ts';
import type { EpochSeconds, Instant } from '../../../daemon/host/clock.ts';
import { newProcess } from '../../../daemon/process/state.ts';
import { formatLine } from '../../../daemon/state/record-file.ts';
import { recover } from '../../../daemon/state/recover.ts';
import { groupSettings } from '../../support/process-settings.ts';
import { scheduleGroup } from '../../support/schedule-settings.ts';

let directory: string;
let lines: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'recover-'));
  lines = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const names = [
  'stopped',
  'starting',
  'running',
  'backoff',
  'stopping',
  'exited',
  'fatal',
  'unknown',
  'replaced',
];

function recoverFrom(fixture: string) {
  const runtimeDirectory = runtimeDirectoryHere();
  copyFileSync(`test/fixtures/state/${fixture}`, join(runtimeDirectory, 'processes'));
  return recoverIn(runtimeDirectory, [
    groupSettings(
      'all',
      names.map((name) => ({ name })),
    ),
    groupSettings('taken-away', [{ name: 'x' }]),
    groupSettings('back-again', [{ name: 'x' }]),
  ]);
}

function runtimeDirectoryHere(): string {
  const runtimeDirectory = join(directory, 's.sock.d');
  mkdirSync(runtimeDirectory);
  return runtimeDirectory;
}

function recoverIn(runtimeDirectory: string, groups: readonly GroupSettings[]) {
  return recover({
    runtimeDirectory,
    groups,
    bootId: 'boot-of-the-fixture',
    productVersion: '9.9.9',
    childlogdir: directory,
    identifier: 'supervisor',
    now: { instant: 27_900 as Instant, epoch: 1_795_341_000 as EpochSeconds },
    isHandedOver: false,
    log: (level, text) => void lines.push(`${level} ${text}`),
  });
}

it('goes on with what version 1 of the journal has written', () => {
  const recovered = recoverFrom('processes-1');
  expect(lines).toEqual(['info going on for an earlier supervisord']);
  const processes = Object.fromEntries(names.map((name) => [name, recovered?.find('all', name)?.process]));
  const history = {
    start: 1795340956.25,
    stop: 0,
    spawnerr: '',
    exitstatus: undefined,
    backoff: 0,
    restarts: 0,
    lastExit: undefined,
  };
  expect(processes).toEqual({
    stopped: {
      state: 'STOPPED',
      history: {
        ...history,
        stop: 1795340960.5,
        exitstatus: -1,
        lastExit: { type: 'signalled', signal: 15, coreDumped: false },
      },
    },
    starting: {
      state: 'STARTING',
      pid: 4194301,
      startedAt: 27854.186758587,
      spawnAt: undefined,
      history: { ...history, restarts: 2 },
    },
    running: { state: 'RUNNING', pid: 4194302, startedAt: 27854.2, history },
    backoff: {
      state: 'BACKOFF',
      failedAt: 27860.5,
      failure: { type: 'exited', code: 1 },
      history: {
        ...history,
        stop: 1795340961,
        spawnerr: 'Exited too quickly (process log may have details)',
        backoff: 2,
        restarts: 1,
        lastExit: { type: 'exited', code: 1 },
      },
    },
    stopping: { state: 'STOPPING', pid: 4194303, killAt: 27870.25, history },
    exited: {
      state: 'EXITED',
      exitedAt: 27861,
      lived: 5.5,
      history: {
        ...history,
        stop: 1795340961.75,
        exitstatus: 3,
        spawnerr: 'Bad exit code 3',
        lastExit: { type: 'exited', code: 3 },
      },
    },
    fatal: {
      state: 'FATAL',
      history: { ...history, spawnerr: "can't find command '/no/such'", backoff: 4, restarts: 3 },
    },
    unknown: {
      state: 'UNKNOWN',
      pid: 4194300,
      wasStopping: true,
      problem: 'unknown problem sending sig stops (15)',
      history,
    },
    replaced: newProcess,
  });
  expect(recovered?.find('all', 'starting')?.birth).toEqual({ from: 2785419, to: 2785420 });
  expect(recovered?.isRemoved('taken-away')).toBe(true);
  expect(recovered?.isRemoved('back-again')).toBe(false);
  expect(recovered?.autoLogs.get('all:starting')).toEqual({
    stdout: '/var/log/starting-stdout---supervisor-kd3xjnmc.log',
  });
  // Another version may read the same settings in another way: that is no reason to call them others.
  for (const name of names) expect(recovered?.find('all', name)?.isOutdated ?? false).toBe(false);
});

it('finds the extra instances of schedules by the names of their processes', () => {
  const runtimeDirectory = runtimeDirectoryHere();
  const record = (group: string, name: string) => ({
    process: [group, name],
    is: { ...newProcess, state: 'EXITED', exitedAt: 27_861, lived: 5 },
    stop: [15, 10],
    settings: 1,
    run: {
      id: ['R', 1],
      names: { run_id: 'R', scheduled: '' },
      variables: [],
      isBegun: true,
      output: {},
    },
  });
  const records = [
    { kind: 'processes', version: 1, boot: 'boot-of-the-fixture' },
    { by: '9.9.9' },
    { removed: 'gone' },
    { by: '9.9.9', logs: ['/var/log/nightly@7-stdout---supervisor-kd3xjnmc.log'] },
    record('nightly', 'nightly'),
    record('nightly', 'nightly@2'),
    record('nightly', 'nightly@7'),
    { retired: ['nightly', 'nightly@7'] },
    record('nightly', 'other@1'),
    record('pair', 'pair_01@3'),
    record('program', 'program@1'),
    record('gone', 'gone@1'),
  ];
  writeFileSync(join(runtimeDirectory, 'processes'), records.map(formatLine).join(''));
  const recovered = recoverIn(runtimeDirectory, [
    scheduleGroup('nightly'),
    scheduleGroup('pair', { processesPerRun: 2 }),
    groupSettings('program', [{ name: 'program' }]),
    scheduleGroup('gone'),
  ]);
  const found = ['nightly', 'pair', 'program', 'gone'].map((name) => recovered?.extraInstances(name));
  expect(found).toEqual([[2], [3], [], []]);
  expect(recovered?.find('nightly', 'nightly@2')).toMatchObject({
    process: { state: 'EXITED' },
    occasion: { occasion: { runId: 'R' } },
  });
  expect([...(recovered?.keptLogs ?? [])]).toEqual(['/var/log/nightly@7-stdout---supervisor-kd3xjnmc.log']);
  // A run is of all of them: what was not started yet is there too.
  expect(recovered?.find('pair', 'pair_00@3')?.process).toEqual(newProcess);
});
