/** A disk that is easily full, for one daemon. Only root can make it. */
import { writeFileSync } from 'node:fs';
import type { Daemon } from './daemons.ts';

/** Mounts a file system of 256 KB on `full` in the daemon's directory, for the daemon's eyes only. */
export const withTinyDisk: readonly string[] = [
  'unshare',
  '--mount',
  '--propagation=private',
  '--',
  '/bin/sh',
  '-c',
  'mkdir -p full && mount -t tmpfs -o size=256k tmpfs full && exec "$@"',
  'sh',
];

/** Path of the disk, as this process sees it. */
export function tinyDisk(daemon: Daemon): string {
  return `/proc/${daemon.pid}/root${daemon.dir}/full`;
}

/** Writes to a file until the disk is full. */
export function fill(path: string): void {
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' });
  } catch {
    // Full now.
  }
}
