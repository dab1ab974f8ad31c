import { EAGAIN, EINVAL } from '../host/libc/call.ts';
import type { FilePosition, Rotation, Sink } from './sink.ts';
import type { Syslog } from './syslog.ts';
import { LineCutter } from './syslog-message.ts';

/** What of syslog it needs. */
export type CopyTaker = Pick<Syslog, 'isFull' | 'onRoom' | 'send'>;

/**
 * A sink whose lines also go to syslog, as `NAME LINE`. The beginning of a line waits in memory for its end,
 * at most until the sink is let go of, when the child has ended.
 *
 * @see supervisor/loggers.py, `SyslogHandler`
 */
export class SyslogCopy implements Sink {
  /** The sink besides. */
  readonly sink: Sink;
  readonly #syslog: CopyTaker;
  readonly #lines: LineCutter;
  #isHurried = false;
  /** How many of the next bytes syslog has already, which the sink did not take. */
  #ahead = 0;

  constructor(sink: Sink, syslog: CopyTaker, name: string) {
    this.sink = sink;
    this.#syslog = syslog;
    const prefix = Buffer.from(`${name} `);
    this.#lines = new LineCutter((line) => syslog.send(Buffer.concat([prefix, line])));
  }

  get path(): string {
    return this.sink.path;
  }

  get canBeFull(): boolean {
    return true;
  }

  hold(): void {
    this.#isHurried = false;
    this.sink.hold();
  }

  restore(): void {
    this.sink.restore?.();
  }

  unhold(): void {
    this.#lines.flush();
    this.sink.unhold();
  }

  /** Bytes that syslog is to see cannot stay in the kernel. */
  splice(): number {
    return -EINVAL;
  }

  write(bytes: Buffer, rotation: Rotation): number {
    if (this.#syslog.isFull && !this.#isHurried) return -EAGAIN;
    const count = this.sink.write(bytes, rotation);
    this.#copy(bytes);
    this.#ahead -= Math.max(0, count);
    return count;
  }

  skip(bytes: Buffer): void {
    this.#copy(bytes);
    this.#ahead -= bytes.length;
    this.sink.skip?.(bytes);
  }

  endLine(): void {
    this.sink.endLine?.();
  }

  position(): FilePosition | undefined {
    return this.sink.position?.();
  }

  onWritable(wake: () => void): () => void {
    return this.#syslog.isFull ? this.#syslog.onRoom(wake) : this.sink.onWritable(wake);
  }

  hurry(): void {
    this.#isHurried = true;
    this.sink.hurry?.();
  }

  reopen(): void {
    this.sink.reopen();
  }

  clear(): void {
    this.sink.clear();
  }

  /** A sink that fails is offered the same bytes again, and keeps none of them from syslog. */
  #copy(bytes: Buffer): void {
    if (bytes.length <= this.#ahead) return;
    this.#lines.push(bytes.subarray(this.#ahead));
    this.#ahead = bytes.length;
  }
}
