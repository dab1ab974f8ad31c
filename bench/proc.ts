/** What the kernel says of a process. */
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts CPU time in ticks of 10 ms on every Linux that Node supports. */
const secondsPerTick = 0.01;

/** User and system CPU time of a process and its threads so far, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * secondsPerTick;
}

/** How often the threads of a process went to sleep so far: each is one wake-up. */
export function wakeUps(pid: number): number {
  let count = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1');
    count += Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return count;
}

/** In MB. */
export interface Memory {
  /** What only this process holds, and has written. */
  readonly privateDirty: number;
  /** All that is resident, what it shares with others included. */
  readonly rss: number;
}

export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0) / 1024;
  return { privateDirty: field('Private_Dirty'), rss: field('Rss') };
}

/** CPU time of the threads that a process has now, in milliseconds: finer than {@link cpuSeconds}. */
export function runMilliseconds(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e6;
}
