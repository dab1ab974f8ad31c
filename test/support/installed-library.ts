import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { bundleLibrary } from '../../scripts/bundle-library.ts';

/** A program outside of the repository, in which the package is installed for its library. */
export class InstalledLibrary implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'library-'));

  private constructor() {}

  static async install(): Promise<InstalledLibrary> {
    const outside = new InstalledLibrary();
    const modules = join(outside.directory, 'node_modules');
    const installed = join(modules, 'supervisord-ts');
    mkdirSync(installed, { recursive: true });
    cpSync('package.json', join(installed, 'package.json'));
    await bundleLibrary(join(installed, 'dist'));
    for (const name of ['@types/node', 'undici-types']) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(resolve('node_modules', name), join(modules, name));
    }
    // Where npm would put it, beside the package that can use it.
    symlinkSync(resolve('node_modules/ioredis'), join(modules, 'ioredis'));
    writeFileSync(join(outside.directory, 'package.json'), '{ "type": "module" }');
    return outside;
  }

  /** @returns the path of a program of that text */
  write(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
