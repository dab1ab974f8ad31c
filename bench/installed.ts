/** Our commands as an installed package runs them: bundled, on the pinned runtime. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

/**
 * Bundles this checkout into a directory of its own and makes the tests' daemons run from there.
 *
 * @returns removes the directory
 */
export async function installBundle(): Promise<() => void> {
  const root = resolve(import.meta.dirname, '..');
  await execa('node', [join(root, 'scripts/bundle.ts')], { cwd: root, preferLocal: true });
  const directory = mkdtempSync(join(tmpdir(), 'supervisord-bench-'));
  mkdirSync(join(directory, 'bin'));
  for (const part of ['bin', 'dist']) cpSync(join(root, part), join(directory, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  process.env['SUPERVISORD_TEST_BIN'] = join(directory, 'bin');
  return () => rmSync(directory, { recursive: true, force: true });
}
