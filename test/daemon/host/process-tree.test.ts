import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { Absence } from '../../../daemon/host/absence.ts';
import { type ProcessRow, readProcess } from '../../../daemon/host/process-stat.ts';
import { ProcessTable } from '../../../daemon/host/process-table.ts';
import { membersOf, Orphans } from '../../../daemon/host/process-tree.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A process that began in clock tick `pid`. */
function row(pid: number, ppid: number, changes: Partial<ProcessRow> = {}): ProcessRow {
  return { pid, ppid, start: pid, group: pid, session: 1, isZombie: false, ...changes };
}

/** This process, which is the daemon. */
const daemon = row(process.pid, 1);
const child = row(1_000_100, process.pid);

function pidsOf(
  rows: readonly ProcessRow[],
  { roots = [child], orphans = [] as ProcessRow[], foreign = [] as number[], others = [] as number[] } = {},
): number[] {
  const table = new ProcessTable([daemon, ...rows]);
  const userOf = (pid: number) => (others.includes(pid) ? 'somebody' : 'bob');
  const isForeign = (pid: number) => foreign.includes(pid);
  return membersOf(table, { roots, orphans }, isForeign, userOf).map(({ pid }) => pid);
}

describe('the processes of a program', () => {
  it('are its child, the children of that, and so on', () => {
    const rows = [child, row(2, child.pid), row(3, 2, { session: 3 }), row(4, 3), row(5, process.pid)];
    expect(pidsOf(rows)).toEqual([child.pid, 2, 3, 4]);
  });

  it('are also those in its process group whose parents have ended, and theirs', () => {
    expect(pidsOf([child, row(2, 1, { group: child.pid }), row(3, 2)])).toEqual([child.pid, 2, 3]);
    expect(pidsOf([row(2, 1, { group: child.pid }), row(3, 2)])).toEqual([2, 3]);
  });

  it('are also those in a session or a group that one of them was in', () => {
    const leader = row(2, child.pid, { session: 2 });
    const [inSession, inGroup] = [row(3, 1, { session: 2 }), row(4, 1, { group: 5 })];
    expect(pidsOf([child, leader, inSession])).toEqual([child.pid, 2, 3]);
    expect(pidsOf([inSession], { roots: [child, leader] })).toEqual([3]);
    expect(pidsOf([child, row(6, child.pid, { group: 5 }), inGroup])).toEqual([child.pid, 6, 4]);
  });

  it('are also those that say so themselves, and what comes of them', () => {
    const orphan = row(2, 1);
    expect(pidsOf([orphan, row(3, 2)], { orphans: [orphan] })).toEqual([2, 3]);
  });

  it('are not those of another user for whom an orphan cannot speak', () => {
    const orphan = row(2, 1, { group: 9, session: 2 });
    const relatives = [row(3, 2), row(4, 1, { group: 9 }), row(5, 1, { session: 2 })];
    const rows = [orphan, ...relatives, row(6, 3)];
    expect(pidsOf(rows, { orphans: [orphan] })).toEqual([2, 3, 4, 5, 6]);
    expect(pidsOf(rows, { orphans: [orphan], others: [3, 4, 5] })).toEqual([2]);
    // What comes of the child itself may be of any user.
    const all = [child, row(2, child.pid), ...rows.slice(1)];
    expect(pidsOf(all, { others: [3, 4, 5] })).toEqual([child.pid, 2, 3, 6]);
  });

  it('are never those of another process that has got the pid since', () => {
    const other = { ...child, start: child.start + 1 };
    expect(pidsOf([other, row(2, child.pid), row(3, 1, { group: child.pid })])).toEqual([]);
  });

  it('are never the daemon, those in its group, or the children of other programs', () => {
    const inOurGroup = row(2, child.pid, { group: process.pid });
    expect(pidsOf([child, inOurGroup, row(3, 1, { group: process.pid })])).toEqual([child.pid, 2]);
    expect(pidsOf([child, row(2, child.pid), row(3, 2)], { foreign: [2] })).toEqual([child.pid]);
  });
});

describe('an orphan', () => {
  it('is known by its environment, also when the kernel cannot tell where its stdin is', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'far-down-'));
    const stranger = spawn(resolve('test/fixtures/programs/reads-far-down'), [directory], {
      stdio: 'ignore',
      env: { ...process.env, SUPERVISOR_PROCESS_NAME: 'web' },
    });
    const ended = once(stranger, 'exit');
    try {
      const pid = stranger.pid ?? 0;
      await waitFor(() => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');
      const orphan = row(pid, 1);
      const orphans = new Orphans(() => true);
      expect(orphans.look(orphan)).toBe(true);
      const marks = { environment: ['SUPERVISOR_PROCESS_NAME=web'], files: [] };
      expect(orphans.of(marks)).toEqual([orphan]);
    } finally {
      stranger.kill('SIGKILL');
      await ended;
      // Its paths are too long for us as well.
      execFileSync('rm', ['-rf', directory]);
    }
  });
});

describe('nobody', () => {
  const alive = row(2, 1, { group: 3_999_999 });
  const dead = { ...alive, isZombie: true };

  it('is there when the table has nobody, and was read while nobody came or went', () => {
    expect(new Absence().isSure(new ProcessTable([]), [])).toBe(true);
    expect(new Absence().isSure(new ProcessTable([alive]), [alive])).toBe(false);
  });

  it('is there only when those that have just ended had the time to be seen', () => {
    const absence = new Absence();
    const table = new ProcessTable([dead]);
    expect(absence.isSure(table, [dead])).toBe(false);
    expect(absence.isSure(table, [dead])).toBe(true);
    const another = { ...dead, pid: 4 };
    expect(absence.isSure(new ProcessTable([dead, another]), [dead, another])).toBe(false);
  });

  it('is there only when a table says so that is not torn, or many that are', () => {
    const absence = new Absence();
    const torn = new ProcessTable([], { isTorn: true });
    const answers = Array.from({ length: 6 }, () => absence.isSure(torn, []));
    expect(answers).toEqual([false, false, false, false, false, true]);
    expect(new Absence().isSure(new ProcessTable([]), [])).toBe(true);
  });

  it('is there only when the system knows nobody in a group that was theirs', () => {
    const group = readProcess(process.pid)?.group ?? 0;
    const absence = new Absence();
    const member = { ...alive, group };
    expect(absence.isSure(new ProcessTable([member]), [member])).toBe(false);
    expect(absence.isSure(new ProcessTable([]), [])).toBe(false);
  });
});
