import { EAGAIN, EINVAL } from '../host/libc/call.ts';
import type { FilePosition, Rotation, Sink } from './sink.ts';
import type { Syslog } from './syslog.ts';
import { LineCutter } from './syslog-message.ts';

/**
 * A sink whose lines also go to syslog, as `NAME LINE`. The beginning of a line waits in memory for its end,
 * at most until the sink is let go of, when the child has ended.
 *
 * @see supervisor/loggers.py, `SyslogHandler`
 */
export class SyslogCopy implements Sink {
  readonly #sink: Sink;
  readonly #syslog: Syslog;
  readonly #lines: LineCutter;
  #isHurried = false;

  constructor(sink: Sink, syslog: Syslog, name: string) {
    this.#sink = sink;
    this.#syslog = syslog;
    const prefix = Buffer.from(`${name} `);
    this.#lines = new LineCutter((line) => syslog.send(Buffer.concat([prefix, line])));
  }

  get path(): string {
    return this.#sink.path;
  }

  get canBeFull(): boolean {
    return true;
  }

  hold(): void {
    this.#sink.hold();
  }

  unhold(): void {
    this.#lines.flush();
    this.#sink.unhold();
  }

  /** Bytes that syslog is to see cannot stay in the kernel. */
  splice(): number {
    return -EINVAL;
  }

  write(bytes: Buffer, rotation: Rotation): number {
    if (this.#syslog.isFull && !this.#isHurried) return -EAGAIN;
    const count = this.#sink.write(bytes, rotation);
    if (count > 0) this.#lines.push(bytes.subarray(0, count));
    return count;
  }

  position(): FilePosition | undefined {
    return this.#sink.position?.();
  }

  onWritable(wake: () => void): () => void {
    return this.#syslog.isFull ? this.#syslog.onRoom(wake) : this.#sink.onWritable(wake);
  }

  hurry(): void {
    this.#isHurried = true;
    this.#sink.hurry?.();
  }

  reopen(): void {
    this.#sink.reopen();
  }

  clear(): void {
    this.#sink.clear();
  }
}
