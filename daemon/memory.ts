/**
 * Keeps the daemon small where it is idle, as it mostly is. Start-up, and clients that ask much, leave several times
 * of what is needed from then on; and a process that has nothing to do never collects it.
 *
 * @see docs/decisions/0016-memory.md
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import process from 'node:process';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type Mapping,
  programMappings,
  releaseFreeMemory,
  releasePages,
  shareFreeMemory,
} from './host/libc/memory.ts';

/** Start-up, or what clients have asked for, is over when so much time has passed with little to do. */
const settleMilliseconds = 3000;
/** Part of one core. */
const littleToDo = 0.1;
/** A collection takes some 50 ms: clients that come again and again do not bring about one after the other. */
const restMilliseconds = 60_000;
/** By so much the heap grows before another collection is worth it. */
const worthBytes = 8 * 1024 * 1024;
/** Published by Node for each answer that has been sent. */
const answered = 'http.server.response.finish';

/** As V8 has it by itself: the largest function that it optimizes, and how many collections unused code survives. */
const optimizedBytes = 61_440;
const oldAge = 6;

/**
 * To be called before the work of start-up. Code that is optimized for that is not needed afterwards, and to optimize
 * it takes more time than it saves: none is, until there is a {@link Compaction}.
 */
export function startSmall(): void {
  shareFreeMemory();
  setFlagsFromString('--max-optimized-bytecode-size=0');
}

/** Gives back what start-up needed, and later what clients that ask much have made necessary. */
export class Compaction implements Disposable {
  #timer: NodeJS.Timeout | undefined;
  /** Bytes of the heap after the last one. */
  #heap = 0;
  #notBefore = 0;
  readonly #onAnswer = (): void => {
    if (this.#timer === undefined && getHeapStatistics().total_heap_size > this.#heap + worthBytes) {
      this.#settle(Math.max(settleMilliseconds, this.#notBefore - performance.now()));
    }
  };

  constructor() {
    setFlagsFromString(`--max-optimized-bytecode-size=${optimizedBytes}`);
    this.#settle(settleMilliseconds);
    subscribe(answered, this.#onAnswer);
  }

  [Symbol.dispose](): void {
    unsubscribe(answered, this.#onAnswer);
    clearTimeout(this.#timer);
  }

  #settle(milliseconds: number): void {
    const cpuBefore = process.cpuUsage();
    this.#timer = setTimeout(() => {
      const { user, system } = process.cpuUsage(cpuBefore);
      if ((user + system) / 1000 > littleToDo * milliseconds) {
        this.#settle(settleMilliseconds);
        return;
      }
      this.#timer = undefined;
      compact();
      this.#heap = getHeapStatistics().total_heap_size;
      this.#notBefore = performance.now() + restMilliseconds;
    }, milliseconds).unref();
  }
}

function compact(): void {
  // Before the collection, because asking leaves garbage.
  const mappings = mappingsIfKnown();
  collect();
  releaseFreeMemory();
  releasePages(mappings);
}

function mappingsIfKnown(): readonly Mapping[] {
  try {
    return programMappings();
  } catch {
    // There may be no descriptor left to read them with.
    return [];
  }
}

/** Collects garbage, code that has not run since the last collection among it. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof gc !== 'function') return;
  setFlagsFromString('--bytecode-old-age=1');
  setFlagsFromString('--compact-on-every-full-gc');
  try {
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  } finally {
    setFlagsFromString('--no-compact-on-every-full-gc');
    setFlagsFromString(`--bytecode-old-age=${oldAge}`);
  }
}
