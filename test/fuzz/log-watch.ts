import { closeSync, openSync, readSync } from 'node:fs';

/** Lines that tell of a mistake in the program. Two others are critical: those about the missing password. */
const mistake = /uncaught|server error|unexpected exception|CRIT (?!Server '|Supervisor )/i;

/** The activity log, read as it grows. */
export class LogWatch {
  readonly #path: string;
  readonly #buffer = Buffer.alloc(1024 * 1024);
  #offset = 0;
  #unfinished = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** The mistakes since the last time. */
  mistakes(): string[] {
    const fd = openSync(this.#path, 'r');
    try {
      const found: string[] = [];
      for (;;) {
        const length = readSync(fd, this.#buffer, 0, this.#buffer.length, this.#offset);
        if (length === 0) return found;
        this.#offset += length;
        const lines = (this.#unfinished + this.#buffer.toString('latin1', 0, length)).split('\n');
        this.#unfinished = lines.pop() ?? '';
        found.push(...lines.filter((line) => mistake.test(line)));
      }
    } finally {
      closeSync(fd);
    }
  }
}
