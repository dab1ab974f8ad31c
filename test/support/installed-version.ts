/** A `supervisord` command that can be made to lead to another version, as an installation does. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bins } from './daemons.ts';

const sources = ['bin', 'conf', 'ctl', 'daemon', 'rpc', 'schedule', 'package.json'];

export class InstalledVersion implements Disposable {
  /** Of the command. */
  readonly bin: string;
  readonly #dir = mkdtempSync(join(tmpdir(), 'supervisord-installed-'));

  /** At first the command is the one of this checkout. */
  constructor() {
    this.bin = join(this.#dir, 'bin');
    mkdirSync(this.bin);
    this.leadTo(join(bins.ours, 'supervisord'));
  }

  get command(): string {
    return join(this.bin, 'supervisord');
  }

  /** Has the command lead to another file. */
  leadTo(path: string): void {
    const link = `${this.command}.new`;
    symlinkSync(path, link);
    renameSync(link, this.command);
  }

  /** Puts a file in the place of the command. */
  replaceBy(path: string): void {
    cpSync(path, `${this.command}.new`);
    renameSync(`${this.command}.new`, this.command);
  }

  /** Has the command lead to a copy of this checkout that says to be of `version`. */
  install(version: string): void {
    const root = join(this.#dir, version);
    for (const source of sources) cpSync(source, join(root, source), { recursive: true });
    symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
    const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
    writeFileSync(join(root, 'package.json'), JSON.stringify({ ...manifest, version }));
    this.leadTo(join(root, 'bin', 'supervisord'));
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
