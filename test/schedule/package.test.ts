import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { InstalledLibrary } from '../support/installed-library.ts';

describe('a program outside', () => {
  let outside: InstalledLibrary;
  let program: string;

  beforeAll(async () => {
    outside = await InstalledLibrary.install();
    program = outside.write('program.ts', readFileSync('test/fixtures/schedule-library.ts', 'utf8'));
  });
  afterAll(() => outside[Symbol.dispose]());

  it('imports the library of the package and schedules a function', async () => {
    const { stdout, stderr } = await execa('node', [program], { preferLocal: true });
    expect(stdout.split('\n')).toEqual(['tick 1', 'tick 2', 'done']);
    expect(stderr).toBe('');
  });

  it('has the types of the library', async () => {
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--types', 'node'];
    const { stdout, exitCode } = await execa('tsc', [...options, '--ignoreConfig', program], {
      preferLocal: true,
      localDir: process.cwd(),
      cwd: outside.directory,
      reject: false,
    });
    expect(stdout).toBe('');
    expect(exitCode).toBe(0);
  });
});
