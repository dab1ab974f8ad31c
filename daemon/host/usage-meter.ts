/**
 * What processes use of the machine, read from /proc.
 *
 * Nothing stays open between two measurements: whoever watches programs that come and go all day must not cost
 * the daemon a descriptor for each of them.
 */
import { readFileSync } from 'node:fs';
import { statField, statFields } from './process-stat.ts';

/** What one process and its threads use. */
export interface Usage {
  /** Per cent of one core. */
  readonly cpu: number;
  /** Resident bytes. */
  readonly memory: number;
}

/** Seconds. */
interface CpuTime {
  /** That the process has used so far. */
  readonly used: number;
  /** Since the machine was booted. */
  readonly at: number;
}

/** The kernel counts CPU time in ticks of 10 ms on every Linux that Node supports. */
const secondsPerTick = 0.01;
/** Over less than that, ticks make CPU usage a matter of luck. */
const shortestSeconds = 0.5;

/** Measures processes again and again. */
export class UsageMeter {
  #earlier: ReadonlyMap<number, Measured> = new Map();

  /**
   * CPU usage is that since the measurement before, or the last one that is half a second old; of a process that
   * was not measured then, since its start.
   *
   * @returns nothing for a process that is not there any more
   */
  measure(pids: Iterable<number>): ReadonlyMap<number, Usage> {
    const usage = new Map<number, Usage>();
    const measured = new Map<number, Measured>();
    for (const pid of pids) {
      const sample = read(pid);
      if (sample === undefined) continue;
      const { started, cpuTime, memory } = sample;
      const earlier = this.#earlier.get(pid);
      // Another start is another process, to which the id has been given since.
      const since = earlier?.started === started ? earlier.cpuTime : { used: 0, at: started };
      const elapsed = cpuTime.at - since.at;
      usage.set(pid, { cpu: elapsed > 0 ? (100 * (cpuTime.used - since.used)) / elapsed : 0, memory });
      measured.set(pid, { started, cpuTime: elapsed < shortestSeconds ? since : cpuTime });
    }
    this.#earlier = measured;
    return usage;
  }
}

interface Measured {
  /** In seconds since the machine was booted. */
  readonly started: number;
  readonly cpuTime: CpuTime;
}

function read(pid: number): (Measured & { readonly memory: number }) | undefined {
  try {
    const fields = statFields(pid);
    if (fields === undefined) return undefined;
    const at = Number.parseFloat(readFileSync('/proc/uptime', 'latin1'));
    const seconds = (field: 'userTime' | 'systemTime' | 'start'): number =>
      Number(fields[statField[field]]) * secondsPerTick;
    // A process that has ended, and has not been reaped, has no such line.
    const resident = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return {
      started: seconds('start'),
      cpuTime: { used: seconds('userTime') + seconds('systemTime'), at },
      memory: Number(resident?.[1] ?? 0) * 1024,
    };
  } catch {
    return undefined;
  }
}
