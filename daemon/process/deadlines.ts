import type { Clock, Instant, Timer } from '../host/clock.ts';

interface Deadline<K> {
  readonly key: K;
  at: Instant;
}

/**
 * At most one deadline for each key, and a single timer of the clock for the earliest of them; none while
 * there is nothing to wait for. Setting and clearing take logarithmic time.
 */
export class Deadlines<K> {
  readonly #clock: Clock;
  readonly #wake: () => void;
  /** A binary heap, the earliest on top. */
  readonly #heap: Deadline<K>[] = [];
  readonly #positions = new Map<K, number>();
  #timer: { readonly at: Instant; readonly timer: Timer } | undefined;

  /** @param wake called when the earliest deadline has come; expected to take what is due and to arm again */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Sets or moves the deadline of `key`; `undefined` clears it. Takes effect with the next {@link arm}. */
  set(key: K, at: Instant | undefined): void {
    const position = this.#positions.get(key);
    if (at === undefined) {
      if (position !== undefined) this.#removeAt(position);
      return;
    }
    if (position === undefined) {
      this.#positions.set(key, this.#heap.length);
      this.#heap.push({ key, at });
      this.#rise(this.#heap.length - 1);
      return;
    }
    const deadline = this.#heap[position];
    if (deadline === undefined || deadline.at === at) return;
    deadline.at = at;
    this.#sink(this.#rise(position));
  }

  /** Removes and returns the key whose deadline came first, or `undefined` if none has come by `now`. */
  takeDue(now: Instant): K | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#removeAt(0);
    return first.key;
  }

  /** Sets the clock's timer to the earliest deadline, and leaves it alone if it is set to that already. */
  arm(): void {
    const earliest = this.#heap[0]?.at;
    if (this.#timer?.at === earliest) return;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    if (earliest === undefined) return;
    const timer = this.#clock.setTimer(earliest, () => {
      this.#timer = undefined;
      this.#wake();
    });
    this.#timer = { at: earliest, timer };
  }

  /** Drops every deadline and the timer. */
  clear(): void {
    this.#heap.length = 0;
    this.#positions.clear();
    this.arm();
  }

  #removeAt(position: number): void {
    const removed = this.#heap[position];
    const last = this.#heap.pop();
    if (removed === undefined || last === undefined) return;
    this.#positions.delete(removed.key);
    if (last === removed) return;
    this.#place(last, position);
    this.#sink(this.#rise(position));
  }

  #place(deadline: Deadline<K>, position: number): void {
    this.#heap[position] = deadline;
    this.#positions.set(deadline.key, position);
  }

  /** Moves the deadline at `position` up to where it belongs, and says where that is. */
  #rise(position: number): number {
    const deadline = this.#heap[position];
    if (deadline === undefined) return position;
    let here = position;
    while (here > 0) {
      const above = (here - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || parent.at <= deadline.at) break;
      this.#place(parent, here);
      here = above;
    }
    this.#place(deadline, here);
    return here;
  }

  #sink(position: number): void {
    const deadline = this.#heap[position];
    if (deadline === undefined) return;
    let here = position;
    for (;;) {
      let below = 2 * here + 1;
      let child = this.#heap[below];
      const right = this.#heap[below + 1];
      if (child === undefined) break;
      if (right !== undefined && right.at < child.at) {
        child = right;
        below += 1;
      }
      if (child.at >= deadline.at) break;
      this.#place(child, here);
      here = below;
    }
    this.#place(deadline, here);
  }
}
