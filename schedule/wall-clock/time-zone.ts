/**
 * Time zones, out of `Intl`: which offset from UTC a zone's clocks have at an instant, and until when. All numbers
 * are seconds. *Instants* count from 1970-01-01T00:00:00Z; a wall time is an instant plus the offset.
 *
 * `Intl` says only what the offset is at one instant, in about a microsecond. The offset is asked for at the
 * ends of blocks of two days. Where both ends are equal it has not changed in between: no zone has ever gone
 * back and forth in less than that (Freetown did in four days, in 1939). Else the change is found by halving.
 */
import { TriggerError } from '../trigger-error.ts';
import { secondsPerDay } from './civil.ts';

/** A time with one offset. The next span may have the same. */
export interface Span {
  readonly from: number;
  /** The first instant that no longer belongs to it. */
  readonly until: number;
  readonly offset: number;
}

/** A zone's clocks. */
export interface TimeZone {
  /** As it was asked for: `Europe/Berlin`, `+02:00`. */
  readonly name: string;
  /** The span that an instant lies in. */
  spanAt(instant: number): Span;
}

const zones = new Map<string, TimeZone>();

/**
 * The zone of a name of the tz database, in any case, or of an offset, `+02:00`.
 *
 * @throws {TriggerError} there is no such zone
 */
export function timeZone(name: string): TimeZone {
  let zone = zones.get(name);
  if (zone === undefined) {
    zone = makeZone(name);
    zones.set(name, zone);
  }
  return zone;
}

/** The spans between two instants, in order, clipped to them; neighbours with the same offset are one. */
export function* spansBetween(zone: TimeZone, from: number, until: number): Generator<Span> {
  let start = from;
  while (start < until) {
    const { offset, until: firstEnd } = zone.spanAt(start);
    let end = firstEnd;
    while (end < until) {
      const next = zone.spanAt(end);
      if (next.offset !== offset) break;
      end = next.until;
    }
    yield { from: start, until: Math.min(end, until), offset };
    start = end;
  }
}

/** The clocks of no place on earth differ by more than this, and none was ever set by more. */
export const widestChange = 2 * secondsPerDay;

/**
 * The instant of a wall time: the first one if it comes twice; if it is left out, the one that the
 * clocks before the gap would have shown it at, which lies behind the gap.
 */
export function instantOf(zone: TimeZone, wall: number): number {
  let before = 0;
  for (const { until, offset, from } of spansBetween(zone, wall - widestChange, wall + widestChange)) {
    if (from + offset > wall) return wall - before;
    if (wall < until + offset) return wall - offset;
    before = offset;
  }
  return wall - before;
}

const offsetName = /^([+-])(\d\d):?(\d\d)$/;

function makeZone(name: string): TimeZone {
  if (/^(?:UTC|Z|Etc\/UTC|GMT)$/i.test(name)) return fixedZone(name, 0);
  const [, sign, hours, minutes] = offsetName.exec(name) ?? [];
  if (sign !== undefined && Number(hours) < 24 && Number(minutes) < 60) {
    return fixedZone(name, (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60));
  }
  return new IntlZone(name);
}

function fixedZone(name: string, offset: number): TimeZone {
  const always: Span = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY, offset };
  return { name, spanAt: () => always };
}

const blockLength = 2 * secondsPerDay;
/** Spans remembered for one zone: those of two thousand years; more only slow down who looks through millennia. */
const mostSpans = 4096;
/** A `Date` reaches no further, to either side. */
const lastInstant = 8.64e12;

class IntlZone implements TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  /** Those that are known, in order. Neighbours have different offsets, or there is something unknown between them. */
  #spans: Span[] = [];
  #recent: Span = { from: 0, until: 0, offset: 0 };
  /** The end of the block that was looked at last, where the next one often begins. */
  #lastEdge: Edge = { at: Number.NaN, offset: 0 };

  constructor(name: string) {
    this.name = name;
    try {
      // The year is only there because something has to be.
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        timeZoneName: 'longOffset',
        year: 'numeric',
      });
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      const reason = `there is no time zone "${name}"`;
      throw new TriggerError(`Unknown time zone "${name}"`, { field: 'timezone', reason });
    }
  }

  spanAt(instant: number): Span {
    const recent = this.#recent;
    if (instant >= recent.from && instant < recent.until) return recent;
    let count = this.#countUpTo(instant);
    const last = this.#spans[count - 1];
    if (last === undefined || instant >= last.until) {
      this.#learn(Math.floor(instant / blockLength), count);
      count = this.#countUpTo(instant);
    }
    this.#recent = this.#spans[count - 1] ?? recent;
    return this.#recent;
  }

  /** How many of the known spans have begun at an instant. */
  #countUpTo(instant: number): number {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#spans[middle]?.from ?? Number.NaN) <= instant) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Finds the spans of a block of which nothing is known, and puts them behind the first so many. */
  #learn(index: number, count: number): void {
    if (this.#spans.length >= mostSpans) {
      this.#spans = [];
      this.#learn(index, 0);
      return;
    }
    const from = index * blockLength;
    const until = from + blockLength;
    const before = this.#spans[count - 1];
    const after = this.#spans[count];
    const spans = before?.until === from ? [before] : [];
    const start = count - spans.length;
    this.#split(this.#edge(from), this.#edge(until), spans);
    if (after?.from === until) append(spans, after);
    const end = after?.from === until ? count + 1 : count;
    this.#spans.splice(start, end - start, ...spans);
  }

  #edge(at: number): Edge {
    if (this.#lastEdge.at !== at) this.#lastEdge = { at, offset: this.#offsetAt(at) };
    return this.#lastEdge;
  }

  /** Appends the spans between two instants, the second not included. */
  #split(from: Edge, until: Edge, spans: Span[]): void {
    if (from.offset === until.offset || until.at - from.at === 1) {
      append(spans, { from: from.at, until: until.at, offset: from.offset });
      return;
    }
    const at = Math.floor((from.at + until.at) / 2);
    const middle = { at, offset: this.#offsetAt(at) };
    this.#split(from, middle, spans);
    this.#split(middle, until, spans);
  }

  #offsetAt(instant: number): number {
    const possible = Math.max(-lastInstant, Math.min(instant, lastInstant));
    const text = this.#format.format(possible * 1000);
    const [, sign, hours, minutes, seconds = 0] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
    const offset = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds);
    return sign === '-' ? -offset : offset;
  }
}

/** Appends a span; to the last one, if that has the same offset. */
function append(spans: Span[], span: Span): void {
  const before = spans.at(-1)?.offset === span.offset ? spans.pop() : undefined;
  spans.push(before === undefined ? span : { ...span, from: before.from });
}

interface Edge {
  readonly at: number;
  readonly offset: number;
}
