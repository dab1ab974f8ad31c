/**
 * Output that is looked at on its way from its staging to the log. It goes on where an earlier daemon was killed:
 * what that one had not finished is looked at once more, and as much of it is left out as the log already has.
 *
 * For each piece: the filter sees it, and tells of it; the record says that it is being written, and where the log
 * ends; it is written; the record says so. Whenever the daemon is killed, the next one knows from that, and from how
 * the log has grown, how much of the piece is there.
 */
import { EAGAIN, errnoName } from '../host/libc/call.ts';
import { heldBack, newOutput, type OutputFilter } from './output-filter.ts';
import type { Moved, OutputSource } from './output-source.ts';
import type { Rotation, Sink } from './sink.ts';
import type { Staging } from './staging.ts';
import type { Progress, Writing } from './staging-file.ts';

const nothing: Buffer = Buffer.alloc(0);

export class SeenOutput implements OutputSource {
  /** Whoever has the staging gets more bytes into it. */
  readonly pipe = undefined;
  readonly #staging: Staging;
  readonly #filter: OutputFilter | undefined;
  #progress: Progress;
  /** The piece that is being written is here; otherwise an earlier daemon was writing it, and it is to be made again. */
  #hasPiece = false;
  /** What is to be written next: what is left of a piece, and words of the daemon. */
  #pending = nothing;

  constructor(staging: Staging, filter: OutputFilter | undefined) {
    this.#staging = staging;
    this.#filter = filter;
    this.#progress = staging.progress;
    const { filter: state = newOutput } = this.#progress;
    this.#pending = filter?.restore(state, staging.captured) ?? heldBack(state, staging.captured);
  }

  /** Up to here all is in the log. */
  get offset(): number {
    return this.#progress.offset;
  }

  get isEmpty(): boolean {
    const { offset, childEnd, writing } = this.#progress;
    if (this.#pending.length > 0 || childEnd !== undefined || writing !== undefined) return false;
    return offset === this.#staging.end;
  }

  get hasRest(): boolean {
    return !this.isEmpty;
  }

  get mayHaveMore(): boolean {
    return true;
  }

  get left(): number {
    const { offset } = this.#progress;
    return this.#pending.length + this.#staging.end - offset - (this.#piece?.length ?? 0);
  }

  get unkept(): number {
    const isKept = this.#hasPiece && this.#staging.isLasting;
    return isKept ? 0 : this.#pending.length;
  }

  move(sink: Sink, rotation: Rotation): Moved {
    if (this.#pending.length > 0) return this.#write(sink, rotation);
    if (this.isEmpty) return 'empty';
    const length = this.#look();
    if (this.#pending.length === 0) {
      this.#finish();
      return length;
    }
    const written = this.#write(sink, rotation);
    // It may be a view of what is valid only now.
    if (this.#pending.length > 0) this.#pending = Buffer.from(this.#pending);
    return typeof written === 'number' ? length : written;
  }

  put(text: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, text]);
  }

  endChild(): boolean {
    if (this.isEmpty && !holdsBack(this.#filter)) return false;
    this.#record({ ...this.#progress, childEnd: this.#staging.end });
    return true;
  }

  /** Gives up what was staged and is not in the log. @returns how many bytes that is */
  skip(): number {
    const { offset, writing } = this.#progress;
    const missing = this.#staging.end - offset - (writing?.written ?? 0);
    this.#pending = nothing;
    this.#hasPiece = false;
    this.#record({ offset: this.#staging.end, filter: this.#filter?.state });
    return missing;
  }

  close(): void {
    this.#staging.close();
  }

  leave(): void {
    this.#staging.close();
  }

  get #piece(): Writing | undefined {
    return this.#hasPiece ? this.#progress.writing : undefined;
  }

  /** Makes the next piece out of what is staged, or of what the filter holds back. @returns bytes looked at */
  #look(): number {
    const { offset, childEnd, writing: unfinished } = this.#progress;
    const max = unfinished?.length ?? (childEnd === undefined ? undefined : childEnd - offset);
    const bytes = max === 0 ? nothing : this.#staging.read(offset, max);
    if (bytes.length === 0 && max !== 0) {
      // They are lost, which was told.
      this.#record({ offset: this.#staging.end, filter: this.#filter?.state });
      return 0;
    }
    const origin = this.#staging.originOf(offset, bytes.length);
    let output = bytes;
    if (this.#filter !== undefined) {
      output = max === 0 ? this.#filter.flush(origin) : this.#filter.push(bytes, origin);
    }
    const written = Math.min(unfinished?.written ?? 0, output.length);
    this.#pending = output.subarray(written);
    this.#progress = { ...this.#progress, writing: { length: bytes.length, written } };
    this.#hasPiece = true;
    this.#staging.release(offset + bytes.length);
    return bytes.length;
  }

  #write(sink: Sink, rotation: Rotation): Moved {
    const writing = this.#piece;
    const into = sink.position?.();
    if (writing !== undefined && into !== undefined)
      this.#staging.record({ ...this.#progress, writing: { ...writing, into } });
    const count = sink.write(this.#pending, rotation);
    if (count > 0) this.#pending = this.#pending.subarray(count);
    if (this.#pending.length === 0) this.#finish();
    else if (writing !== undefined) {
      const written = writing.written + Math.max(count, 0);
      this.#record({ ...this.#progress, writing: { ...writing, written } });
    }
    if (count >= 0) return count;
    return count === -EAGAIN ? 'full' : { failed: errnoName(-count) };
  }

  /** The piece is in the log. */
  #finish(): void {
    const { offset, childEnd } = this.#progress;
    const writing = this.#piece;
    if (writing === undefined) return;
    this.#hasPiece = false;
    const isEnd = writing.length === 0;
    this.#record({
      offset: offset + writing.length,
      filter: this.#filter?.state,
      ...(childEnd === undefined || isEnd ? {} : { childEnd }),
    });
  }

  #record(progress: Progress): void {
    this.#progress = progress;
    this.#staging.record(progress);
  }
}

function holdsBack(filter: OutputFilter | undefined): boolean {
  if (filter === undefined) return false;
  const { state } = filter;
  return state.isInside || state.matched > 0 || state.escape !== 'text';
}
