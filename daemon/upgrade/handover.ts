/** What one version of the daemon gives to the next, which takes its place in the same process. */
import { env, pid } from 'node:process';
import type { HandedSocket } from '../http/handed-socket.ts';

/**
 * In its environment the new version finds a {@link Handover} as JSON, and removes it at once. It must understand
 * what every version before it hands over.
 */
export const handoverVariable = 'SUPERVISORD_HANDOVER';

/** What stays open. */
export interface OpenHandover {
  /** The descriptor by which the runtime directory is locked. */
  readonly lock: number;
  readonly sockets: readonly HandedSocket[];
}

/** All of it. */
export interface Handover extends OpenHandover {
  /** Of the process, so that nobody else takes it for his. */
  readonly pid: number;
  /** Version of the program that hands over. */
  readonly from: string;
  /** Descriptors that the daemon was started with: logs may name them. */
  readonly inherited: readonly number[];
  /** Soft limit on open files that the daemon was started with. */
  readonly softNofile: string | undefined;
  /** The directory that the daemon was started in. */
  readonly cwd: string;
  /** Signals that came too late for the old version to handle. */
  readonly signals: readonly NodeJS.Signals[];
}

/** `undefined`: this process was started otherwise. */
export function takeHandover(): Handover | undefined {
  const text = env[handoverVariable];
  delete env[handoverVariable];
  if (text === undefined) return undefined;
  const handover = JSON.parse(text) as Handover;
  return handover.pid === pid ? handover : undefined;
}
