/** Text as syslog takes it: lines of bounded length, each under a header. Pure. */

/** Facility user (1), severity info (6): what supervisord sends everything as. */
const priority = 1 * 8 + 6;
/** What Python's module `syslog` says of supervisord: the last part of its argv[0]. */
const ident = 'supervisord';
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const newline = 0x0a;

/**
 * `<14>Jan  2 03:04:05 supervisord: text`, in local time, and the NUL that ends a message on a stream.
 * A NUL within the text would end it there, and is sent the way that syslog daemons write control characters.
 *
 * @see syslog(3) of glibc
 */
export function syslogMessage(date: Date, text: Buffer): Buffer {
  const day = `${months[date.getMonth()]} ${String(date.getDate()).padStart(2)}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const plain = text.includes(0)
    ? Buffer.from(text.toString('latin1').replaceAll('\0', '#000'), 'latin1')
    : text;
  return Buffer.concat([Buffer.from(`<${priority}>${day} ${time} ${ident}: `), plain, Buffer.alloc(1)]);
}

/** The longest line that is sent in one message, in bytes: with header and name it fits what syslog daemons take. */
export const maxLineBytes = 8000;

/**
 * Cuts a stream of bytes into lines. The beginning of a line is kept until the rest of it comes; a line
 * that is too long is cut, between characters, into several.
 */
export class LineCutter {
  readonly #take: (line: Buffer) => void;
  readonly #held = Buffer.allocUnsafeSlow(maxLineBytes);
  #length = 0;

  /** @param take is given each line, without its newline and valid only during the call */
  constructor(take: (line: Buffer) => void) {
    this.#take = take;
  }

  push(bytes: Buffer): void {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(newline, start);
      this.#append(bytes.subarray(start, end < 0 ? bytes.length : end));
      if (end < 0) return;
      this.#pass(this.#length);
      start = end + 1;
    }
  }

  /** No more will come: passes on the beginning of a line that has no end. */
  flush(): void {
    if (this.#length > 0) this.#pass(this.#length);
  }

  #append(part: Buffer): void {
    let rest = part;
    while (rest.length > maxLineBytes - this.#length) {
      const room = maxLineBytes - this.#length;
      rest.copy(this.#held, this.#length, 0, room);
      this.#length = maxLineBytes;
      this.#pass(characterEnd(this.#held, rest[room]));
      rest = rest.subarray(room);
    }
    rest.copy(this.#held, this.#length);
    this.#length += rest.length;
  }

  /** Passes on the first `count` bytes of what is held. */
  #pass(count: number): void {
    this.#take(this.#held.subarray(0, count));
    this.#held.copyWithin(0, count, this.#length);
    this.#length -= count;
  }
}

/** Where the last character of `bytes` ends that is whole, when `next` follows; at most three bytes from the end. */
function characterEnd(bytes: Buffer, next: number | undefined): number {
  const continues = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
  if (!continues(next)) return bytes.length;
  for (let end = bytes.length - 1; end > bytes.length - 4; end -= 1) {
    if (!continues(bytes[end])) return end;
  }
  // It is no UTF-8 anyway.
  return bytes.length;
}
