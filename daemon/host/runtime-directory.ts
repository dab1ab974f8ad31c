import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import nodeProcess from 'node:process';
import { tryLock } from './libc/descriptors.ts';
import { isTakenThoughRemoved } from './pipe-holders.ts';

/**
 * The directory of FIFOs and state while one daemon holds it. Two daemons would read each other's FIFOs, so
 * it is locked; the lock goes with the process that holds it, however that ends.
 */
export class RuntimeDirectory implements Disposable {
  /** Without symbolic links, as the kernel names the files in it that processes have open. */
  readonly path: string;
  readonly #lock: number;
  #isHandedOver = false;

  /**
   * @param lock a descriptor by which it is locked already, from {@link handOver}
   * @throws {Error} the path is something else, belongs to another user, or another daemon holds it, or one of which
   *   somebody has removed it
   */
  constructor(path: string, lock?: number) {
    prepareRuntimeDirectory(path);
    this.path = realpathSync(path);
    if (lock !== undefined) {
      this.#lock = lock;
      if (isDirectory(lock, this.path)) return;
      closeSync(lock);
    }
    this.#lock = openSync(this.path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    if (!tryLock(this.#lock)) closeSync(this.#lock);
    else if (isTakenThoughRemoved(this.path)) this[Symbol.dispose]();
    else return;
    throw refusal(path, 'another supervisord is using it');
  }

  /** Removes what is in it, at an orderly end: no child has a FIFO there any more. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** The descriptor by which it is locked, for whoever takes the place of this daemon: it stays open. */
  handOver(): number {
    this.#isHandedOver = true;
    return this.#lock;
  }

  /** Lets go of it, and leaves no empty one behind. */
  [Symbol.dispose](): void {
    if (this.#isHandedOver) return;
    try {
      rmdirSync(this.path);
    } catch {
      // Already removed, or with FIFOs that children of an earlier daemon still write to.
    }
    closeSync(this.#lock);
  }
}

/**
 * Creates the directory of FIFOs and state, or checks the one that is there: whoever can write to it can
 * put words into the mouths of our children, so it must be a real directory of ours, closed to others.
 *
 * @throws {Error} the path is something else, or belongs to another user
 */
export function prepareRuntimeDirectory(path: string): void {
  // Not stat: a symbolic link could be pointed elsewhere later.
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = present ?? lstatSync(path);
  if (!found.isDirectory()) throw refusal(path, 'not a directory');
  const uid = nodeProcess.geteuid?.() ?? 0;
  if (found.uid !== uid) throw refusal(path, `owned by uid ${found.uid}, not by uid ${uid}`);
  if ((found.mode & 0o777) !== 0o700) chmodSync(path, 0o700);
}

function isDirectory(fd: number, path: string): boolean {
  const [open, found] = [fstatSync(fd), lstatSync(path)];
  return open.ino === found.ino && open.dev === found.dev;
}

function refusal(path: string, reason: string): Error {
  return new Error(`Cannot use runtime directory "${path}": ${reason}`);
}
