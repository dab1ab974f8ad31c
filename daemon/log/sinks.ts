/** All sinks of the daemon: one for each place, however many processes write there and whatever they call it. */
import { readlinkSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Logfile } from '../../conf/settings.ts';
import type { Epoll } from '../host/epoll.ts';
import { discardSink } from './discard.ts';
import { LogFile } from './log-file.ts';
import type { Sink } from './sink.ts';
import { SpecialSink } from './special-sink.ts';

export interface SinksOptions {
  readonly epoll: Epoll;
  /** Descriptors the daemon was started with, which paths such as `/dev/fd/3` may mean. */
  readonly inheritedDescriptors: ReadonlySet<number>;
  log(level: 'error' | 'info', text: string): void;
}

/** A sink in use. */
export interface SinkLease {
  readonly sink: Sink;
  release(): void;
}

interface UsedSink {
  readonly sink: Sink;
  users: number;
}

const noLease: SinkLease = { sink: discardSink, release() {} };

class Lease implements SinkLease {
  readonly #key: string;
  readonly #used: UsedSink;
  readonly #inUse: Map<string, UsedSink>;
  #isReleased = false;

  constructor(key: string, used: UsedSink, inUse: Map<string, UsedSink>) {
    this.#key = key;
    this.#used = used;
    this.#inUse = inUse;
    used.users += 1;
  }

  get sink(): Sink {
    return this.#used.sink;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#used.users -= 1;
    if (this.#used.users === 0) this.#inUse.delete(this.#key);
  }
}

export class Sinks {
  readonly #options: SinksOptions;
  readonly #inUse = new Map<string, UsedSink>();

  constructor(options: SinksOptions) {
    this.#options = options;
  }

  /**
   * The sink for a path, or for `NONE`. The file is not opened yet.
   *
   * @param options.isPrivate a new file is for the daemon's user alone, as AUTO files are
   */
  lease(
    logfile: Exclude<Logfile, { type: 'AUTO' }>,
    { isPrivate = false }: { isPrivate?: boolean } = {},
  ): SinkLease {
    if (logfile.type === 'NONE') return noLease;
    const { path } = logfile;
    const descriptor = descriptorOf(path);
    const key = descriptor === undefined ? resolve(path) : `fd ${descriptor}`;
    const used = this.#inUse.get(key) ?? { sink: this.#create(path, descriptor, isPrivate), users: 0 };
    this.#inUse.set(key, used);
    return new Lease(key, used, this.#inUse);
  }

  #create(path: string, descriptor: number | undefined, isPrivate: boolean): Sink {
    const { epoll, inheritedDescriptors, log } = this.#options;
    if (descriptor === undefined && !isSpecial(path)) {
      return new LogFile(path, { mode: isPrivate ? 0o600 : 0o666, log });
    }
    const own = descriptor === undefined || inheritedDescriptors.has(descriptor) ? descriptor : -1;
    const onGone = (gone: string) =>
      log('error', `nobody reads '${gone}' any more: EPIPE; output for it is thrown away`);
    return new SpecialSink({ path, descriptor: own, epoll, onGone });
  }
}

const standardStreams = new Map([
  ['/dev/stdin', 0],
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
]);
const descriptorPath = /^(?:\/dev\/fd|\/proc\/self\/fd|\/proc\/thread-self\/fd)\/(\d{1,9})$/;

/**
 * The descriptor of the daemon that a path means, also through symbolic links: images link their log files
 * to `/dev/stdout`. Opening such a path anew fails for a socket, and for a pipe of another user.
 */
function descriptorOf(path: string): number | undefined {
  let current = resolve(path);
  for (let links = 0; links < 16; links += 1) {
    const number = standardStreams.get(current) ?? descriptorPath.exec(current)?.[1];
    if (number !== undefined) return Number(number);
    try {
      current = resolve(dirname(current), readlinkSync(current));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** Something is there that is neither a file nor a directory. */
function isSpecial(path: string): boolean {
  try {
    const found = statSync(path);
    return !found.isFile() && !found.isDirectory();
  } catch {
    return false;
  }
}
