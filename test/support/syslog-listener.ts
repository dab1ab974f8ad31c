import { closeSync, rmSync } from 'node:fs';
import { read } from '../../daemon/host/libc/bytes.ts';
import { checked, intCall } from '../../daemon/host/libc/call.ts';
import { type LoopWatch, watchReadable } from '../../daemon/host/libc/readiness.ts';
import { openUnixSocket, unixAddress } from '../../daemon/host/libc/sockets.ts';

const bindCall = intCall('bind', ['int', 'void *', 'uint32_t']);
const header = /^<14>[A-Z][a-z]{2} [ 123]\d \d\d:\d\d:\d\d supervisord: /;

/** A syslog daemon for tests, on a socket for datagrams. */
export class SyslogListener implements Disposable {
  readonly path: string;
  readonly #fd = openUnixSocket('datagram');
  readonly #buffer = Buffer.alloc(1 << 20);
  readonly #messages: string[] = [];
  #watch: LoopWatch | undefined;
  #isClosed = false;

  /** @param options.isStopped it does not read until `resume` */
  constructor(path: string, { isStopped = false }: { readonly isStopped?: boolean } = {}) {
    this.path = path;
    const address = unixAddress(Buffer.from(path)).bytes;
    checked(bindCall(this.#fd, address, address.length), 'bind', path);
    if (!isStopped) this.resume();
  }

  resume(): void {
    this.#watch = watchReadable(this.#fd, () => this.#read());
  }

  /** All messages so far, as they came. */
  messages(): readonly string[] {
    if (this.#watch !== undefined) this.#read();
    return this.#messages;
  }

  /** The texts of all messages, which must have the header they should have. */
  texts(): readonly string[] {
    return this.messages().map((message) => {
      if (!header.test(message)) throw new Error(`not a message of supervisord: ${message}`);
      return message.replace(header, '');
    });
  }

  /** As when the syslog daemon ends. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch?.close();
    closeSync(this.#fd);
    rmSync(this.path, { force: true });
  }

  #read(): void {
    for (;;) {
      const count = read(this.#fd, this.#buffer, this.#buffer.length);
      if (count < 0) return;
      this.#messages.push(this.#buffer.toString('utf8', 0, count));
    }
  }
}
