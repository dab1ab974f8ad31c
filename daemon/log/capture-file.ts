/**
 * What is captured of a message whose end has not come, in a file for the next daemon: the last `maxbytes` of it, each
 * byte at its place in a ring. A byte is only ever overwritten by one that makes it too old, so that a daemon which
 * sees the same output once more puts the same bytes into the same places.
 */
import { closeSync, constants, openSync, readSync, unlinkSync, writeSync } from 'node:fs';

/** Where a message is kept. */
export interface CapturePlace {
  /** Two files take turns, so that the beginning of a message does not overwrite the one before. */
  readonly slot: 0 | 1;
  /** Size of the ring. */
  readonly maxbytes: number;
}

const { O_RDWR, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

function pathOf(path: string, slot: 0 | 1): string {
  return `${path}.captured${slot}`;
}

/** Where what is captured of the output that is staged at `path` may be. */
export function capturedPaths(path: string): string[] {
  return [pathOf(path, 0), pathOf(path, 1)];
}

/**
 * The last of `total` bytes, from the files that belong to `path`.
 *
 * @throws an error with `code`
 */
export function readCaptured(path: string, { slot, maxbytes }: CapturePlace, total: number): Buffer {
  const kept = Buffer.alloc(Math.min(total, maxbytes));
  const fd = openSync(pathOf(path, slot), O_RDWR | O_NOFOLLOW);
  try {
    for (const { at, from, length } of pieces(total, kept.length, maxbytes))
      readSync(fd, kept, from, length, at);
    return kept;
  } finally {
    closeSync(fd);
  }
}

/** Deletes what is in that slot of `path`. Missing is fine. */
export function removeCaptured(path: string, slot: 0 | 1): void {
  try {
    unlinkSync(pathOf(path, slot));
  } catch {
    // Missing, or it cannot be removed; the next message that is kept there replaces it.
  }
}

export class CaptureFile {
  readonly place: CapturePlace;
  readonly #fd: number;
  #saved = 0;

  /** Makes an empty one. @throws an error with `code` */
  constructor(path: string, place: CapturePlace) {
    this.place = place;
    this.#fd = openSync(pathOf(path, place.slot), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  }

  /**
   * Keeps what is new of a message.
   *
   * @param total length of the message so far
   * @param last gives its last `count` bytes, or as many of them as there are
   * @throws an error with `code`
   */
  save(total: number, last: (count: number) => Buffer): void {
    if (total === this.#saved) return;
    const bytes = last(Math.min(total - this.#saved, this.place.maxbytes));
    for (const { at, from, length } of pieces(total, bytes.length, this.place.maxbytes)) {
      for (let done = 0; done < length; )
        done += writeSync(this.#fd, bytes, from + done, length - done, at + done);
    }
    this.#saved = total;
  }

  /** Leaves it for the next daemon. */
  close(): void {
    closeSync(this.#fd);
  }
}

/** Where the last `count` of `total` bytes lie in a ring: `length` bytes of them, `from` on, are `at` a place there. */
function pieces(
  total: number,
  count: number,
  maxbytes: number,
): { readonly at: number; readonly from: number; readonly length: number }[] {
  const at = (total - count) % maxbytes;
  const length = Math.min(count, maxbytes - at);
  return [
    { at, from: 0, length },
    { at: 0, from: length, length: count - length },
  ];
}
