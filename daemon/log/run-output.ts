/** The output of one run, out of a log that others write to before and after, and that rotates. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { EpochSeconds } from '../host/clock.ts';
import type { OutputSpan } from '../process/occasion.ts';
import { identityOf, isAt } from './log-position.ts';

/** Bytes of one file. */
interface Segment {
  readonly fd: number;
  readonly from: number;
  readonly to: number;
}

interface OpenLog {
  readonly fd: number;
  readonly size: number;
  readonly file: string;
}

/** What there is of the output of a run, as long as it is open. */
export class RunOutputReader implements Disposable {
  /** Bytes. */
  readonly size: number;
  /** The beginning is gone: the log was rotated away, or emptied. */
  readonly isTruncated: boolean;
  readonly #segments: readonly Segment[];
  readonly #logs: readonly OpenLog[];

  /**
   * Finds the output. What has been rotated, emptied or removed so that it is not there any more is left out; bytes of
   * others are never taken for it.
   *
   * @param span without `to` it goes on: to the end of the log
   * @param since when the run was started
   */
  constructor({ from, to }: OutputSpan, since: EpochSeconds) {
    this.#logs = openGenerations(from.path, since);
    const logs = this.#logs;
    const last = to === undefined ? 0 : logs.findIndex(({ fd }) => isAt(fd, to));
    const start = logs.findIndex(({ fd }) => isAt(fd, from));
    // It was emptied in between: since then it has nothing that is older.
    const emptied = start >= 0 ? -1 : logs.findIndex(({ file }) => file === from.file);
    const isEmpty = to !== undefined && to.file === from.file && to.size === from.size;
    this.isTruncated = !isEmpty && (start < 0 || last < 0);
    const first = start >= 0 ? start : emptied >= 0 ? emptied : logs.length - 1;
    const segments: Segment[] = [];
    for (let index = first; last >= 0 && index >= last; index -= 1) {
      const log = logs[index];
      if (log === undefined) continue;
      segments.push({
        fd: log.fd,
        from: index === start ? from.size : 0,
        to: index === last && to !== undefined ? to.size : log.size,
      });
    }
    this.#segments = segments;
    this.size = segments.reduce((sum, segment) => sum + length(segment), 0);
  }

  /** Bytes from an offset in the output of the run; fewer at its end. */
  read(offset: number, most: number): Buffer {
    const parts: Buffer[] = [];
    let [skip, left] = [offset, most];
    for (const segment of this.#segments) {
      const available = length(segment);
      if (skip < available && left > 0) {
        const bytes = Buffer.alloc(Math.min(left, available - skip));
        const count = readSync(segment.fd, bytes, 0, bytes.length, segment.from + skip);
        parts.push(bytes.subarray(0, count));
        left -= count;
      }
      skip = Math.max(0, skip - available);
    }
    return Buffer.concat(parts);
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#logs) closeSync(fd);
  }
}

function length({ from, to }: Segment): number {
  return Math.max(0, to - from);
}

/** The log and its backups, the newest one first, as far as they have been written to since. */
function openGenerations(path: string, since: EpochSeconds): OpenLog[] {
  const logs: OpenLog[] = [];
  for (let number = 0; ; number += 1) {
    const log = open(number === 0 ? path : `${path}.${number}`, since);
    // The log itself may be missing for a moment, or because somebody has moved it away.
    if (log !== undefined) logs.push(log);
    else if (number > 0) return logs;
  }
}

function open(path: string, since: EpochSeconds): OpenLog | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  const stats = fstatSync(fd, { bigint: true });
  // Clocks of file systems are coarse.
  if (stats.isFile() && Number(stats.mtimeMs) / 1000 >= since - 1) {
    return { fd, size: Number(stats.size), file: identityOf(stats) };
  }
  closeSync(fd);
  return undefined;
}
