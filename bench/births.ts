/** A program whose children tell of their birth, so that it can be measured how soon one is replaced. */
import { chmodSync, openSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';

/** The program in a configuration file in the same directory. */
export const victim = `[program:victim]
command=%(here)s/run
startsecs=0
autorestart=true
stdout_logfile=NONE
stderr_logfile=NONE
`;

export class Births implements Disposable {
  readonly #fifo: Socket;

  private constructor(fifo: string) {
    // For writing too: the end of one writer must not end the reading.
    this.#fifo = new Socket({ fd: openSync(fifo, 'r+'), readable: true });
    this.#fifo.setEncoding('latin1');
  }

  /**
   * Puts a command named `run` into a directory, and a FIFO. The command writes its pid there as the first thing
   * it does, then sleeps.
   */
  static async prepare(directory: string): Promise<Births> {
    const fifo = join(directory, 'births');
    await execa('mkfifo', [fifo]);
    const command = join(directory, 'run');
    writeFileSync(command, `#!/bin/sh\necho $$ > '${fifo}'\nexec /bin/sleep 100000\n`);
    chmodSync(command, 0o755);
    return new Births(fifo);
  }

  /**
   * The pid of the next child, as soon as it is written.
   *
   * @param limit in milliseconds
   */
  next(limit = 20_000): Promise<number> {
    return new Promise((resolve, reject) => {
      const give = (text: string): void => {
        clearTimeout(timer);
        resolve(Number(text));
      };
      const timer = setTimeout(() => {
        this.#fifo.off('data', give);
        reject(new Error(`No child within ${limit} ms`));
      }, limit);
      this.#fifo.once('data', give);
    });
  }

  [Symbol.dispose](): void {
    this.#fifo.destroy();
  }
}
