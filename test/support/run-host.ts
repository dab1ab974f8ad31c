import { join } from 'node:path';
import { execPath } from 'node:process';
import { execa } from 'execa';

/** Runs a program of `test/fixtures/hosts` in a process of its own; resolves with the JSON that it prints. */
export async function runHost(name: string, ...parameters: string[]): Promise<unknown> {
  const file = join(import.meta.dirname, '../fixtures/hosts', name);
  const { stdout } = await execa(execPath, [file, ...parameters]);
  return JSON.parse(stdout);
}
