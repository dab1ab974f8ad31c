import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { needsFile } from './needs.ts';

/** What a program in C that does nothing else is called among the contenders. */
export const plainSpawns = 'posix_spawn in C';

export const needsCompiler = needsFile('/usr/bin/gcc', 'gcc and libc6-dev');

/** How long it takes to spawn so many children one after the other, in milliseconds: nobody can be faster. */
export async function timeOfSpawns(count: number): Promise<number> {
  using stack = new DisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'supervisord-spawns-'));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const program = join(directory, 'spawns');
  await execa('gcc', ['-O2', '-o', program, resolve(import.meta.dirname, 'spawns.c')]);
  const { stdout } = await execa(program, [String(count)]);
  return Number(stdout);
}
