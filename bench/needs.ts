/** What benchmarks need of the machine. Each says what is lacking, in words that end a sentence. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export type Need = () => string | undefined;

/** A command or a file, and the Debian package that it comes with. */
export function needsFile(file: string, debianPackage: string): Need {
  return () => (existsSync(file) ? undefined : `there is no ${file} (Debian package ${debianPackage})`);
}

/** Room for so many more processes, each with up to three descriptors in its daemon. */
export function needsRoomFor(processes: number): Need {
  const megabytes = processes * megabytesPerSleep;
  return () => {
    const descriptors = limitOf('Max open files');
    if (descriptors < processes * 3 + 100) {
      return `${processes} programs need ${processes * 3 + 100} descriptors, and the hard limit is ${descriptors} (ulimit -Hn)`;
    }
    const pids = Number(readFileSync('/proc/sys/kernel/pid_max', 'latin1')) - pidsInUse();
    if (pids < processes * 1.5) return `${processes} programs need more pids than the ${pids} that are left`;
    const available = availableMegabytes();
    if (available < megabytes)
      return `${processes} programs need ${megabytes} MB, and ${available.toFixed(0)} are left`;
    return undefined;
  };
}

/** The first of what is lacking. */
export function needsAll(...needs: readonly Need[]): Need {
  return () => needs.map((need) => need()).find((lacking) => lacking !== undefined);
}

/** Measured: a `sleep`, its page tables and its stack in the kernel included. */
const megabytesPerSleep = 0.3;

function limitOf(name: string): number {
  const limits = readFileSync('/proc/self/limits', 'latin1');
  const hard = new RegExp(`^${name} +\\S+ +(\\S+)`, 'm').exec(limits)?.[1];
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

function pidsInUse(): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
}

function availableMegabytes(): number {
  return Number(/^MemAvailable:\s*(\d+)/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1]) / 1024;
}
