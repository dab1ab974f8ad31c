/** The limits that `minfds` and `minprocs` ask for, and the one on open files that children get. */
import type { SupervisordSettings } from '../../conf/settings.ts';
import { getLimit, type ResourceLimit, setLimit } from './libc/limits.ts';

export type RaiseResult =
  /** `notices`: INFO lines; `childNofile`: the soft limit on open files for children. */
  | { readonly type: 'raised'; readonly notices: readonly string[]; readonly childNofile: number }
  /** `reason`: the usage error. */
  | { readonly type: 'failed'; readonly reason: string };

export interface RaiseOptions extends Pick<SupervisordSettings, 'minfds' | 'minprocs'> {
  /**
   * Soft limit on open files that the launcher found, as `ulimit -S -n` prints it: Node raises its own to
   * the hard limit before any of our code runs.
   */
  readonly softNofile: string | undefined;
}

/**
 * Raises the limits on open files and on processes to what the configuration asks for. Must come before
 * the daemon drops its privileges: only root may raise a hard limit.
 *
 * The daemon keeps the soft limit on open files that Node gave it. Children get `childNofile`, so that
 * they see the limit supervisord would have left them: a program that closes every possible descriptor
 * takes minutes with a limit of a billion.
 *
 * @see supervisor/options.py, `set_rlimits_or_exit`
 */
export function raiseLimits({ minfds, minprocs, softNofile }: RaiseOptions): RaiseResult {
  const notices: string[] = [];
  const nofile = getLimit('NOFILE');
  const before = Math.min(parseLimit(softNofile) ?? nofile.soft, nofile.hard);
  const childNofile = Math.max(before, minfds);
  if (before < minfds) {
    const raised = { soft: Math.max(nofile.soft, minfds), hard: Math.max(nofile.hard, minfds) };
    if (!trySetLimit('NOFILE', raised)) return { type: 'failed', reason: nofileReason(minfds, nofile) };
    notices.push(`Increased RLIMIT_NOFILE limit to ${minfds}`);
  }
  const nproc = getLimit('NPROC');
  if (nproc.soft < minprocs) {
    const raised = { soft: minprocs, hard: Math.max(nproc.hard, minprocs) };
    if (!trySetLimit('NPROC', raised)) return { type: 'failed', reason: nprocReason(minprocs, nproc) };
    notices.push(`Increased RLIMIT_NPROC limit to ${minprocs}`);
  }
  return { type: 'raised', notices, childNofile };
}

function parseLimit(text: string | undefined): number | undefined {
  if (text === 'unlimited') return Infinity;
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function trySetLimit(resource: 'NOFILE' | 'NPROC', limit: ResourceLimit): boolean {
  const current = getLimit(resource);
  if (current.soft === limit.soft && current.hard === limit.hard) return true;
  try {
    setLimit(resource, limit);
    return true;
  } catch {
    return false;
  }
}

function nofileReason(minfds: number, { hard }: ResourceLimit): string {
  return `The minimum number of file descriptors required to run this process is ${minfds} as per the "minfds" command-line argument or config file setting. The current environment will only allow you to open ${hard} file descriptors.  Either raise the number of usable file descriptors in your environment (see README.rst) or lower the minfds setting in the config file to allow the process to start.`;
}

function nprocReason(minprocs: number, { hard }: ResourceLimit): string {
  return `The minimum number of available processes required to run this program is ${minprocs} as per the "minprocs" command-line argument or config file setting. The current environment will only allow you to open ${hard} processes.  Either raise the number of usable processes in your environment (see README.rst) or lower the minprocs setting in the config file to allow the program to start.`;
}
