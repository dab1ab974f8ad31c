import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resolveCommand } from '../../../daemon/host/command.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'supervisord-command-'));
  for (const name of ['bin', 'other', 'other/tool', 'bin/nested']) mkdirSync(join(home, name));
  for (const name of ['run.sh', 'bin/tool', 'bin/plain']) writeFileSync(join(home, name), '#!/bin/sh\n');
  chmodSync(join(home, 'run.sh'), 0o755);
  chmodSync(join(home, 'bin/tool'), 0o755);
});
afterAll(() => rmSync(home, { recursive: true }));

function resolve(command: string, { directory, path }: { directory?: string; path?: string } = {}) {
  const environment = new Map(path === undefined ? [] : [['PATH', path]]);
  return resolveCommand({ command, directory, environment }, new Map([['PATH', '/usr/bin:/bin']]));
}

describe('a command', () => {
  it('is split as a shell would', () => {
    expect(resolve(`echo 'a b' "c d" e\\ f`)).toMatchObject({
      type: 'found',
      argv: ['echo', 'a b', 'c d', 'e f'],
    });
  });

  it.each([
    ['', 'command is empty'],
    ['  ', 'command is empty'],
    ["a 'b", `can't parse command "a 'b": No closing quotation`],
    ['a \\', "can't parse command 'a \\\\': No escaped character"],
  ])('%p fails: %s', (command, reason) => {
    expect(resolve(command)).toEqual({ type: 'not-executable', reason });
  });
});

describe('a word without a slash', () => {
  it('is searched in the PATH of the program, and stays argv[0]', () => {
    expect(resolve('tool x', { path: `/none:${home}/bin` })).toEqual({
      type: 'found',
      path: `${home}/bin/tool`,
      argv: ['tool', 'x'],
    });
    expect(resolve('tool')).toEqual({ type: 'no-file', reason: "can't find command 'tool'" });
  });

  it('is the first that exists, also when that is a directory or cannot be run', () => {
    expect(resolve('tool', { path: `${home}/other:${home}/bin` })).toEqual({
      type: 'not-executable',
      reason: `command at '${home}/other/tool' is a directory`,
    });
    expect(resolve('plain', { path: `${home}/bin` })).toEqual({
      type: 'not-executable',
      reason: `command at '${home}/bin/plain' is not executable`,
    });
  });

  it('is searched in default places when the daemon has no PATH', () => {
    const settings = { command: 'true', directory: undefined, environment: new Map<string, string>() };
    expect(resolveCommand(settings, new Map()).type).toBe('found');
    expect(resolveCommand(settings, new Map([['PATH', '']])).type).toBe('found');
  });
});

describe('a word with a slash', () => {
  it('is looked up in the directory of the program first', () => {
    expect(resolve('./run.sh', { directory: home })).toEqual({
      type: 'found',
      path: `${home}/run.sh`,
      argv: ['./run.sh'],
    });
  });

  it('is looked up where the daemon is otherwise', () => {
    expect(resolve('./package.json', { directory: home })).toEqual({
      type: 'not-executable',
      reason: "command at './package.json' is not executable",
    });
    expect(resolve('./none')).toEqual({ type: 'no-file', reason: "can't find command './none'" });
  });
});
