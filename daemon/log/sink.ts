/** Where the output of a child goes. */

/** When a file is rotated. */
export interface Rotation {
  /** Bytes; 0: never. */
  readonly maxbytes: number;
  /** Old files to keep; 0: the file is emptied. */
  readonly backups: number;
}

export const neverRotate: Rotation = { maxbytes: 0, backups: 0 };

/** The end of a file at some moment. */
export interface FilePosition {
  readonly path: string;
  /** Tells this file from others that have, or had, the same path. */
  readonly file: string;
  readonly size: number;
}

/**
 * Takes bytes without ever waiting. Results are a number of bytes, or a negated errno; `-EAGAIN` means
 * that the sink is full, or, from `splice`, that the pipe is empty.
 */
export interface Sink {
  /** As messages name it. */
  readonly path: string;
  /** Whether it can be full for a while, as a pipe or a terminal can. */
  readonly canBeFull: boolean;
  /** Somebody is going to write: opens what is to be open meanwhile. @throws an error with `code` */
  hold(): void;
  /** Makes again what somebody has removed while it is held. Asked before each turn of writing. */
  restore?(): void;
  /** The counterpart of `hold`: closes it when nobody else holds it. */
  unhold(): void;
  /** Moves up to `max` bytes out of a pipe; `-EINVAL`: this sink can only be written to. */
  splice(pipe: number, max: number, rotation: Rotation): number;
  write(bytes: Uint8Array, rotation: Rotation): number;
  /** Where the next write goes, if that can be told afterwards from how the file has grown. */
  position?(): FilePosition | undefined;
  /** Where it ends now, if it is a file that is there. Nothing is opened for that. */
  end?(): FilePosition | undefined;
  /** Calls `wake` once, when a full sink can take bytes again. Cancelled by what it returns. */
  onWritable(wake: () => void): () => void;
  /** A writer will not come again: what can be taken now, though it is full, is to be taken. */
  hurry?(): void;
  /** The next bytes, which it could not take, are not going to come. They are valid only during the call. */
  skip?(bytes: Buffer): void;
  /** What comes next is not what should follow: ends a line of which only the beginning was taken. */
  endLine?(): void;
  /** Closes and opens again by name, where that means something. @throws an error with `code` */
  reopen(): void;
  /** Throws away what it has kept, where that means something. @throws an error with `code` */
  clear(): void;
}
