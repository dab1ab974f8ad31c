/** Something that becomes due. */
export interface Due {
  readonly id: string;
  readonly dueTime: Date;
}

/**
 * What is due next, of any number: a binary heap. Adding and removing look at a few entries, and so does asking for
 * what is due, if little is.
 */
export class DueHeap<T extends Due> {
  readonly #entries: T[] = [];
  readonly #places = new Map<string, number>();

  /** Takes the place of what has the same id. */
  set(entry: T): void {
    this.delete(entry.id);
    this.#entries.push(entry);
    this.#rise(entry, this.#entries.length - 1);
  }

  delete(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.delete(id);
    const last = this.#entries.pop();
    if (last === undefined || last.id === id) return;
    this.#rise(last, place);
    this.#sink(last, this.#places.get(last.id) ?? place);
  }

  clear(): void {
    this.#entries.length = 0;
    this.#places.clear();
  }

  /** What is due at `now`, by due time, then id. */
  due(now: Date): T[] {
    return this.#collect((entry) => entry.dueTime <= now).sort(compare);
  }

  /** The earliest due time later than `after`. */
  nextAfter(after: Date): Date | undefined {
    let next: Date | undefined;
    // What is not yet due hides what comes even later.
    this.#collect((entry) => {
      if (entry.dueTime <= after) return true;
      if (next === undefined || entry.dueTime < next) next = entry.dueTime;
      return false;
    });
    return next;
  }

  /** All that `isWanted`, where what is below an entry that is not is not looked at. */
  #collect(isWanted: (entry: T) => boolean): T[] {
    const found: T[] = [];
    const places = [0];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const entry = this.#entries[place];
      if (entry === undefined || !isWanted(entry)) continue;
      found.push(entry);
      places.push(2 * place + 1, 2 * place + 2);
    }
    return found;
  }

  #rise(entry: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#entries[above];
      if (parent === undefined || compare(parent, entry) <= 0) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(entry, place);
  }

  #sink(entry: T, from: number): void {
    let place = from;
    for (;;) {
      const left = this.#entries[2 * place + 1];
      const right = this.#entries[2 * place + 2];
      const child = left && right && compare(right, left) < 0 ? right : left;
      if (child === undefined || compare(child, entry) >= 0) break;
      const below = child === left ? 2 * place + 1 : 2 * place + 2;
      this.#put(child, place);
      place = below;
    }
    this.#put(entry, place);
  }

  #put(entry: T, place: number): void {
    this.#entries[place] = entry;
    this.#places.set(entry.id, place);
  }
}

function compare(one: Due, other: Due): number {
  return (
    one.dueTime.getTime() - other.dueTime.getTime() || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0)
  );
}
