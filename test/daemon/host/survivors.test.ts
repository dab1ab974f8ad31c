import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { ProcessRow } from '../../../daemon/host/process-stat.ts';
import { ProcessTable } from '../../../daemon/host/process-table.ts';
import { type ChildOfProgram, Survivors } from '../../../daemon/host/survivors.ts';

let rows: ProcessRow[];
let orphans: ProcessRow[];
let lines: string[];
let tablesRead: number;
let children: Map<number, ChildOfProgram>;
let survivors: Survivors;
beforeEach(() => {
  jest.useFakeTimers();
  [rows, orphans, lines, tablesRead, children] = [[], [], [], 0, new Map()];
  survivors = new Survivors({
    tables: {
      fresh: () => {
        tablesRead += 1;
        return new ProcessTable(rows);
      },
    },
    orphans: () => orphans,
    children,
    log: (level, text) => lines.push(`${level} ${text}`),
  });
});
afterEach(() => void jest.useRealTimers());

/** Pids that no process has, so that none has a command line. */
function row(number: number, changes: Partial<ProcessRow> = {}): ProcessRow {
  const pid = 5_000_000 + number;
  return { pid, start: number, ppid: 1, group: pid, session: 1, isZombie: false, ...changes };
}

function end(child: ProcessRow, name = 'web'): void {
  survivors.ended({ name, group: name, roots: [child], marks: { environment: [], files: [] } });
}

it('are named a second after the end, and the table is read once for all that ended', () => {
  rows = [row(2, { group: row(1).pid }), row(4, { group: row(3).pid }), row(5)];
  end(row(1));
  end(row(3), 'db');
  end(row(6), 'quick');
  jest.advanceTimersByTime(999);
  expect(lines).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(lines).toEqual([
    "warn 'web' left processes behind: 5000002 ()",
    "warn 'db' left processes behind: 5000004 ()",
  ]);
  expect(tablesRead).toBe(1);
  expect(jest.getTimerCount()).toBe(0);
});

it('are named at once when the daemon ends, and then no more', () => {
  rows = [row(2, { group: row(1).pid })];
  end(row(1));
  survivors.look();
  expect(lines).toHaveLength(1);
  expect(jest.getTimerCount()).toBe(0);
});

it('are named once, however often their program ends', () => {
  rows = [row(2, { group: row(1).pid })];
  orphans = rows;
  for (const number of [1, 3, 5]) {
    end(row(number));
    jest.advanceTimersByTime(1000);
  }
  expect(lines).toHaveLength(1);
  rows = [...rows, row(4, { group: row(3).pid })];
  end(row(3));
  jest.advanceTimersByTime(1000);
  expect(lines.at(-1)).toBe("warn 'web' left processes behind: 5000004 ()");
});

it('are not those that have ended and wait to be reaped', () => {
  rows = [row(2, { group: row(1).pid, isZombie: true })];
  end(row(1));
  jest.advanceTimersByTime(1000);
  expect(lines).toEqual([]);
});

it('are not the next child of the program, nor what that leaves while it lives', () => {
  const next = row(10);
  children.set(next.pid, { ...next, name: 'web', group: 'web' });
  orphans = [row(9), row(11)];
  rows = [next, ...orphans];
  end(row(1));
  jest.advanceTimersByTime(1000);
  expect(lines).toEqual(["warn 'web' left processes behind: 5000009 ()"]);
});

it('are nobody of the group of a child that has got the pid of one that ended', () => {
  const next = row(1, { start: 10 });
  children.set(next.pid, { ...next, name: 'db', group: 'db' });
  // Children are not in the table.
  rows = [row(2, { group: next.pid })];
  end(row(1));
  jest.advanceTimersByTime(1000);
  expect(lines).toEqual([]);
});
