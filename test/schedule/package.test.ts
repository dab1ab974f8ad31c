import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { bundleLibrary } from '../../scripts/bundle-library.ts';

describe('a program outside', () => {
  let directory: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'library-'));
    const installed = join(directory, 'node_modules', 'supervisord-ts');
    mkdirSync(installed, { recursive: true });
    cpSync('package.json', join(installed, 'package.json'));
    await bundleLibrary(join(installed, 'dist'));
    mkdirSync(join(directory, 'node_modules/@types'));
    for (const name of ['node', 'undici-types']) {
      const target = name === 'node' ? '@types/node' : name;
      symlinkSync(resolve('node_modules', target), join(directory, 'node_modules', target));
    }
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    cpSync('test/fixtures/schedule-library.ts', join(directory, 'program.ts'));
  }, 60_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('imports the library of the package and schedules a function', async () => {
    const { stdout, stderr } = await execa('node', ['program.ts'], {
      cwd: directory,
      preferLocal: true,
      localDir: resolve('.'),
    });
    expect(stdout.split('\n')).toEqual(['tick 1', 'tick 2', 'done']);
    expect(stderr).toBe('');
  });

  it('has the types of the library', async () => {
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--types', 'node'];
    const { stdout, exitCode } = await execa('tsc', [...options, '--ignoreConfig', 'program.ts'], {
      cwd: directory,
      preferLocal: true,
      localDir: resolve('.'),
      reject: false,
    });
    expect(stdout).toBe('');
    expect(exitCode).toBe(0);
  });
});
