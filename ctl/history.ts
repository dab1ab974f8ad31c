import { readFileSync, writeFileSync } from 'node:fs';

/**
 * The lines typed in the shell, oldest first. With a file, they are read from it at the start and
 * written back at the end. A file that cannot be read or written is no reason to trouble anybody.
 *
 * @see supervisor/supervisorctl.py, `exec_cmdloop`
 */
export class History {
  readonly #file: string | undefined;
  readonly #lines: string[];

  constructor(file: string | undefined) {
    this.#file = file;
    this.#lines = file === undefined ? [] : readLines(file);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  add(line: string): void {
    if (line !== '' && line !== this.#lines.at(-1)) this.#lines.push(line);
  }

  save(): void {
    if (this.#file === undefined) return;
    try {
      // Lines can hold what was typed by mistake, such as a password.
      writeFileSync(this.#file, this.#lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    } catch {
      // See above.
    }
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}
