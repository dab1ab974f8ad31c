import { formatNamespec } from '../rpc/namespec.ts';
import type { ProcessUsage, Usages } from './process-usage.ts';
import type { ProcessInfo } from './supervisor-api.ts';

/** Narrowest column of names. */
const minimumNameWidth = 30;
const stateWidth = 10;

/** One line a process, as supervisor prints it: blanks at the end stay where there is no description. */
export function statusLines(processes: readonly ProcessInfo[]): readonly string[] {
  const width = nameWidth(processes);
  return processes.map((info) =>
    [namespecOf(info).padEnd(width), info.statename.padEnd(stateWidth), info.description].join(''),
  );
}

/** The same with a heading and what the processes use; `-` stands for what the server does not tell. */
export function wideStatusLines(processes: readonly ProcessInfo[], usages: Usages): readonly string[] {
  const heading = ['NAME', 'STATE', 'CPU', 'MEM', 'RESTARTS', 'LAST EXIT', 'DESCRIPTION'];
  const rows = processes.map((info) => {
    const usage = info.pid === 0 ? withoutChild(usages.get(usageKey(info))) : usages.get(usageKey(info));
    return [namespecOf(info), info.statename, ...usageCells(usage), info.description];
  });
  const width = nameWidth(processes);
  const [, , ...others] = [heading, ...rows].reduce<readonly number[]>(
    (widths, row) => row.map((cell, index) => Math.max(widths[index] ?? 0, cell.length + 2)),
    [],
  );
  const widths = [width, stateWidth, ...others];
  return [heading, ...rows].map((row) =>
    row.map((cell, index) => cell.padEnd(index === row.length - 1 ? 0 : (widths[index] ?? 0))).join(''),
  );
}

/**
 * An array of what the server says about each process, member by member; with `usages`, also `cpu`
 * (per cent of a core), `memory` (bytes), `restarts` and `lastexit`, `null` where it does not tell.
 */
export function statusJson(processes: readonly ProcessInfo[], usages: Usages | undefined): string {
  const entries = processes.map((info) => ({
    ...Object.fromEntries(info.members),
    ...(usages && usageMembers(usages.get(usageKey(info)))),
  }));
  return JSON.stringify(entries, undefined, 2);
}

/** Where a process's usage is found. */
export function usageKey({ group, name }: Pick<ProcessInfo, 'group' | 'name'>): string {
  return `${group}:${name}`;
}

/** Bytes as people read them: three digits and a binary unit. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < byteUnits.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toPrecision(value >= 10 ? 3 : 2)} ${byteUnits[unit]}`;
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function nameWidth(processes: readonly ProcessInfo[]): number {
  return 3 + Math.max(minimumNameWidth, ...processes.map((info) => namespecOf(info).length));
}

function namespecOf({ group, name }: ProcessInfo): string {
  return formatNamespec(group, name);
}

function usageCells(usage: ProcessUsage | undefined): readonly string[] {
  return [
    usage?.cpu === undefined ? '-' : `${usage.cpu.toFixed(1)}%`,
    usage?.memory === undefined ? '-' : formatBytes(usage.memory),
    usage?.restarts === undefined ? '-' : String(usage.restarts),
    usage?.lastexit || '-',
  ];
}

/** A process that is down uses nothing, which is not the same as 0. */
function withoutChild(usage: ProcessUsage | undefined): ProcessUsage | undefined {
  return usage && { restarts: usage.restarts, lastexit: usage.lastexit, cpu: undefined, memory: undefined };
}

function usageMembers(usage: ProcessUsage | undefined): Record<keyof ProcessUsage, number | string | null> {
  const { cpu = null, memory = null, restarts = null, lastexit = null } = usage ?? {};
  return { cpu, memory, restarts, lastexit };
}
