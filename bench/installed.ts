/** Our commands as an installed package runs them: bundled, on the pinned runtime. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
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
  // What an earlier one has left would be measured with it.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await execa('node', [join(root, 'scripts/bundle.ts')], { cwd: root, preferLocal: true });
  const directory = mkdtempSync(join(tmpdir(), 'supervisord-bench-'));
  const { files }: { files: readonly string[] } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  for (const part of ['package.json', ...files]) {
    cpSync(join(root, part), join(directory, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  process.env['SUPERVISORD_TEST_BIN'] = join(directory, 'bin');
  return () => rmSync(directory, { recursive: true, force: true });
}
