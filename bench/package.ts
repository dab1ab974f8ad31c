import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import type { Benchmark } from './benchmark.ts';

const size = 'package installed, without the pinned runtime';
const runtime = /^node-linux-/;
const bytesPerBlock = 512;

/** What `npm install` of the packed package takes on disk. */
export const packageSize: Benchmark = {
  name: 'package',
  title: 'npm pack, then npm install --omit=dev of the tarball',
  rounds: 1,
  contenders: [
    {
      name: 'ours',
      async run() {
        using stack = new DisposableStack();
        const directory = mkdtempSync(join(tmpdir(), 'supervisord-package-'));
        stack.defer(() => rmSync(directory, { recursive: true, force: true }));
        // The bundle is there already.
        const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory];
        const { stdout: tarball } = await execa('npm', pack, { cwd: resolve(import.meta.dirname, '..') });
        const install = ['install', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'];
        await execa('npm', [...install, join(directory, tarball)], { cwd: directory });
        return [{ name: size, unit: 'MB', value: bytesIn(join(directory, 'node_modules')) / 1e6 }];
      },
    },
  ],
  marks: [{ figure: size, limit: { atMost: 15 } }],
};

/** What a directory takes on disk, without the runtime in it. */
function bytesIn(directory: string): number {
  const sizes = readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !runtime.test(name))
    .map((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? bytesIn(path) : lstatSync(path).blocks * bytesPerBlock;
    });
  return sizes.reduce((sum, bytes) => sum + bytes, lstatSync(directory).blocks * bytesPerBlock);
}
