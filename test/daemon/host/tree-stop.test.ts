import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Epoll } from '../../../daemon/host/epoll.ts';
import { type ProcessRow, readProcess } from '../../../daemon/host/process-stat.ts';
import { ProcessTables, readProcessTable } from '../../../daemon/host/process-table.ts';
import { nameProcesses } from '../../../daemon/host/process-title.ts';
import { TreeStop } from '../../../daemon/host/tree-stop.ts';
import { hasEnded, program, RealHost } from '../../support/real-host.ts';
import { waitFor } from '../../support/wait-for.ts';

let world: RealHost;
let epoll: Epoll;
let errors: unknown[];
beforeEach(() => {
  world = new RealHost();
  errors = [];
  epoll = new Epoll({ pauseMs: 0, onError: (error) => errors.push(error) });
});
afterEach(async () => {
  for (const pid of pids) world.host.kill(pid, 9, 'process');
  pids = [];
  epoll.close();
  await world.close();
  expect(errors).toEqual([]);
});

let pids: number[] = [];

/** A process to be stopped. */
function start(name: string, command = 'sleep 1000'): ProcessRow {
  const pid = world.start(world.prepare(command, { name }));
  pids.push(pid);
  const row = readProcess(pid);
  if (row === undefined) throw new Error('it has gone');
  return row;
}

/** Stops the processes that `members` has at the moment. */
function stopOf(members: () => readonly ProcessRow[]): TreeStop {
  const set = { members, killAll: () => false };
  const tables = new ProcessTables(readProcessTable, (error) => errors.push(error));
  return new TreeStop({
    name: 'web',
    set,
    tables,
    epoll,
    log: (level, text) => world.log.push(`${level} ${text}`),
  });
}

const present = (rows: readonly ProcessRow[]) => rows.filter(({ pid }) => !hasEnded(pid));

describe('stopping a tree', () => {
  it('ends all that are there, and tells when they have', async () => {
    const rows = [start('a'), start('b'), start('c')];
    const stop = stopOf(() => present(rows));
    expect(stop.send(15, undefined)).toBe('sent');
    expect(stop.isUnderWay).toBe(true);
    let isGone = false;
    stop.onceGone(() => {
      isGone = true;
    });
    await waitFor(() => isGone, { what: 'the end of all' });
    expect(rows.every(({ pid }) => hasEnded(pid))).toBe(true);
    expect(stop.isUnderWay).toBe(false);
  });

  it('signals nobody who has got the pid of another one', async () => {
    const [stranger, other] = [start('a'), start('b')];
    const stop = stopOf(() => present([{ ...stranger, start: stranger.start - 1 }, other]));
    stop.send(9, undefined);
    await world.exitOf(other.pid);
    expect(hasEnded(stranger.pid)).toBe(false);
    stop.dispose();
  });

  it('signals one that appears later only when the child has ended, and with SIGKILL', async () => {
    const [first, later] = [start('a', program('ignores-term')), start('b')];
    let rows = [first];
    const stop = stopOf(() => present(rows));
    await waitFor(() => world.read('out').includes('ready'), { what: 'a process to be ready' });
    stop.send(15, first.pid);
    rows = [first, later];
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(hasEnded(later.pid)).toBe(false);
    stop.onceGone(() => undefined);
    await world.exitOf(later.pid);
    expect(hasEnded(first.pid)).toBe(false);
    const last = start('c', program('ignores-term'));
    rows = [first, last];
    stop.send(9, undefined);
    await world.exitOf(first.pid);
    await world.exitOf(last.pid);
    expect(world.log.join('\n')).toContain("info sending SIGKILL to processes of 'web': ");
  });

  it('tells nobody any more after it was disposed of', async () => {
    const rows = [start('a')];
    const stop = stopOf(() => present(rows));
    let isGone = false;
    stop.send(9, undefined);
    stop.onceGone(() => {
      isGone = true;
    });
    stop.dispose();
    await world.exitOf(rows[0]?.pid ?? 0);
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(isGone).toBe(false);
  });

  it('looks again when it could not look, and says why', async () => {
    const row = start('a');
    let isFailing = true;
    const stop = stopOf(() => {
      if (isFailing) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return present([row]);
    });
    world.host.kill(row.pid, 15, 'process');
    expect(stop.send(15, row.pid)).toBe('none');
    await world.exitOf(row.pid);
    let isGone = false;
    stop.onceGone(() => {
      isGone = true;
    });
    isFailing = false;
    await waitFor(() => isGone, { what: 'the end of all' });
    expect(world.log).toContain("warn cannot look for processes of 'web': EMFILE");
  });
});

describe('processes are named', () => {
  it('with pid and command line, in one line and not at length', async () => {
    const { pid } = start('a', `sh -c "read word; # \n ${'x'.repeat(100)}"`);
    const name = () => nameProcesses([pid]);
    await waitFor(() => name().startsWith(`${pid} (sh -c read word; # ? xxx`), { what: 'the command line' });
    expect(name()).toMatch(/x…\)$/);
    expect(name().length).toBeLessThan(80);
  });

  it('five of them at most', () => {
    const named = nameProcesses([1, 2, 3, 4, 5, 6, 7]);
    expect(named.match(/\d \(/g)).toHaveLength(5);
    expect(named).toMatch(/ and 2 more$/);
  });
});
