/**
 * The stdin of FastCGI programs: a listening socket. All processes of a section share one, which is open
 * while at least one child has it.
 */
import { errorCode } from '../../conf/error-code.ts';
import type { FcgiSocketSettings, LogLevel, ProcessSettings } from '../../conf/settings.ts';
import type { ChildInput } from './child-stdin.ts';
import { duplicate } from './libc/descriptors.ts';
import type { SocketAddress } from './libc/sockets.ts';
import {
  adoptListeningSocket,
  type ListeningSocket,
  openListeningSocket,
  socketAddress,
} from './listening-socket.ts';

/** The socket cannot be opened; the message is the spawn error. */
export class FcgiSocketError extends Error {
  override readonly name = 'FcgiSocketError';
}

type Log = (level: LogLevel, text: string) => void;

/** The sockets of all sections. */
export class FcgiSockets {
  readonly #log: Log;
  readonly #areTested: boolean;
  readonly #shared = new Map<string, SharedSocket>();

  /**
   * @param areTested with the first process of a section its socket is opened and closed again, so that a mistake
   *   in it is told at once, and not only when the program is to start
   */
  constructor(log: Log, { areTested }: { readonly areTested: boolean }) {
    this.#log = log;
    this.#areTested = areTested;
  }

  /** The stdin of a process. */
  stdinOf({ section }: ProcessSettings, settings: FcgiSocketSettings): ChildInput {
    // A section that has been changed may come while a child of the old one is yet to end.
    const key = JSON.stringify([section, settings]);
    const shared = this.#shared.get(key) ?? this.#add(key, settings);
    shared.members += 1;
    return new FcgiStdin(shared, this.#log, () => {
      shared.members -= 1;
      if (shared.members === 0) this.#shared.delete(key);
    });
  }

  #add(key: string, settings: FcgiSocketSettings): SharedSocket {
    const shared = new SharedSocket(settings, this.#log);
    // The section before an edit may have it still: it will be closed in time.
    if (this.#areTested && ![...this.#shared.values()].some((other) => other.isOpenAt(settings.url)))
      shared.test();
    this.#shared.set(key, shared);
    return shared;
  }
}

/** The socket of a section. */
class SharedSocket {
  /** Processes that are configured to have it. */
  members = 0;
  readonly #settings: FcgiSocketSettings;
  readonly #log: Log;
  /** Kept, so that a restart does not wait for the name service again. */
  #address: SocketAddress | undefined;
  #open: ListeningSocket | undefined;
  #children = 0;

  constructor(settings: FcgiSocketSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
  }

  isOpenAt(url: string): boolean {
    return this.#open !== undefined && this.#settings.url === url;
  }

  /** Tells the log whether it can be opened. */
  test(): void {
    try {
      this.take();
      this.release();
    } catch (error) {
      this.#log('error', error instanceof Error ? error.message : String(error));
    }
  }

  /** Counts one more child. @returns the descriptor @throws {FcgiSocketError} */
  take(): number {
    this.#open ??= this.#create();
    this.#children += 1;
    return this.#open.fd;
  }

  /** Counts one more child, which has it from an earlier daemon. @throws {FcgiSocketError} it cannot be had */
  adopt(pid: number): void {
    const { url } = this.#settings;
    try {
      this.#open ??= adoptListeningSocket(this.#settings, pid);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FcgiSocketError(`Cannot go on with socket ${url} of pid ${pid}: ${reason}`, { cause });
    }
    this.#children += 1;
  }

  /** Another daemon will go on with those that have it: closes it, and leaves its file. */
  leave(): void {
    this.#open?.leave();
    this.#open = undefined;
  }

  /** A child that had taken it has ended. */
  release(): void {
    this.#children -= 1;
    if (this.#children > 0) return;
    const { url } = this.#settings;
    this.#log('info', `Closing socket ${url}`);
    try {
      this.#open?.close();
    } catch (error) {
      this.#log('error', `Cannot remove the file of socket ${url}: ${errorCode(error)}`);
    }
    this.#open = undefined;
  }

  #create(): ListeningSocket {
    const settings = this.#settings;
    this.#log('info', `Creating socket ${settings.url}`);
    try {
      this.#address ??= socketAddress(settings.address);
      return openListeningSocket(settings, this.#address);
    } catch (cause) {
      this.#address = undefined;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FcgiSocketError(`Could not create FastCGI socket ${settings.url}: ${reason}`, { cause });
    }
  }
}

/** What one process has of the socket. */
class FcgiStdin implements ChildInput {
  readonly #shared: SharedSocket;
  readonly #log: Log;
  readonly #resign: () => void;
  #isTaken = false;

  /** @param resign the process does not need the socket any more */
  constructor(shared: SharedSocket, log: Log, resign: () => void) {
    this.#shared = shared;
    this.#log = log;
    this.#resign = resign;
  }

  open(): number {
    this.close();
    const fd = this.#shared.take();
    this.#isTaken = true;
    return duplicate(fd);
  }

  adopt(pid: number): void {
    if (pid === 0) return;
    try {
      this.#shared.adopt(pid);
      this.#isTaken = true;
    } catch (error) {
      this.#log('error', error instanceof Error ? error.message : String(error));
    }
  }

  leave(): void {
    this.#isTaken = false;
    this.#shared.leave();
  }

  /** There is no way to write to a socket that listens. */
  write(): 'closed' {
    return 'closed';
  }

  takenUpTo(): undefined {}

  /** Nothing is ever queued. */
  onceDrained(): void {}

  close(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#shared.release();
  }

  dispose(): void {
    this.close();
    this.#resign();
  }
}
