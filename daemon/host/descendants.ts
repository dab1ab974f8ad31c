/**
 * The processes that come of one another, as the kernel lists the children of each. What that costs depends on how
 * many these are, where a table of all processes costs as much as there are on the machine: a tenth of a second with
 * five thousand.
 *
 * @see proc_pid_task(5), `children`
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { glimpse } from './glimpse.ts';
import { exists, type ProcessIdentity, readProcess } from './process-stat.ts';

let isListed: boolean | undefined;

/** Whether this kernel lists children: it can be built without (`CONFIG_PROC_CHILDREN`). */
export function listsChildren(): boolean {
  isListed ??= existsSync('/proc/thread-self/children');
  return isListed;
}

/**
 * All living processes whose parents are among the roots or these. A list that is read while one of them ends may be
 * short of some.
 *
 * @throws an error with `code`, such as `EMFILE`: nobody can tell
 */
export function descendantsOf(roots: Iterable<ProcessIdentity>): readonly ProcessIdentity[] {
  const found = new Map<number, ProcessIdentity>();
  const look = (parent: ProcessIdentity): void => {
    const pids = childrenOf(parent.pid);
    // The pid may have become another's; most have no children, so that this is seldom asked.
    if (pids.length === 0 || !exists(parent)) return;
    for (const pid of pids) {
      const row = readProcess(pid);
      if (row?.ppid === parent.pid) found.set(pid, row);
    }
  };
  for (const root of roots) look(root);
  // A map goes on to what is added meanwhile.
  for (const each of found.values()) look(each);
  return [...found.values()];
}

/** Each thread has its own. */
function childrenOf(pid: number): readonly number[] {
  return threadsOf(pid).flatMap((thread) => {
    const list = glimpse(() => readList(`/proc/${pid}/task/${thread}/children`)) ?? '';
    return list === '' ? [] : list.trimEnd().split(' ').map(Number);
  });
}

/** Most processes have one, whose number is that of the process. */
function threadsOf(pid: number): readonly (number | string)[] {
  const task = `/proc/${pid}/task`;
  const links = glimpse(() => statSync(task, { throwIfNoEntry: false })?.nlink);
  if (links === undefined) return [];
  return links === linksWithOneThread ? [pid] : (glimpse(() => readdirSync(task)) ?? []);
}

/** The directory's own two, and one for each thread. */
const linksWithOneThread = 3;

const listBuffer = Buffer.alloc(4096);

/** Nearly always there is nothing in it: `readFileSync` takes twice as long to find that. */
function readList(path: string): string {
  const fd = openSync(path, 'r');
  try {
    let list = '';
    for (;;) {
      const count = readSync(fd, listBuffer);
      if (count === 0) return list;
      list += listBuffer.toString('latin1', 0, count);
    }
  } finally {
    closeSync(fd);
  }
}
