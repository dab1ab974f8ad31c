import { readdirSync, readlinkSync } from 'node:fs';

const standardStreams = [0, 1, 2];

/** Where to look at the files that a process has open; nowhere, if it has ended or is somebody else's. */
export function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`);
  } catch {
    return [];
  }
}

/** The same for stdin, stdout and stderr alone, whether it has them or not. */
export function standardStreamsOf(pid: number): string[] {
  return standardStreams.map((fd) => `/proc/${pid}/fd/${fd}`);
}

/**
 * The path of an open file, as the process that has it sees it. `undefined`: the process has ended, has no such
 * descriptor, belongs to somebody else, or has opened something whose path is too long for the kernel to tell.
 */
export function openPath(descriptor: string): string | undefined {
  try {
    return readlinkSync(descriptor);
  } catch {
    return undefined;
  }
}
