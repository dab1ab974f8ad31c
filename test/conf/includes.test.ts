import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { glob, matchesName } from '../../conf/glob.ts';
import { messagesOf, settingsOf, TemporaryFiles } from './support.ts';

const main = (files: string) => `[supervisord]\n[include]\nfiles=${files}\n`;
const program = (name: string) => `[program:${name}]\ncommand=x\n`;

describe('[include]', () => {
  it('needs files, which may be empty', () => {
    expect(messagesOf('[supervisord]\n[include]\n')).toEqual([
      'supervisord.conf:2: [include]: .ini file has [include] section, but no files setting',
    ]);
    expect(settingsOf(main('')).notices).toEqual([]);
  });

  it('reads matches in code point order and says so, and warns of a pattern without a match', () => {
    using files = new TemporaryFiles({
      'supervisord.conf': main('d/*.ini none/*.ini'),
      'd/b.ini': program('b'),
      'd/B.ini': program('B'),
      'd/.hidden.ini': program('h'),
      'd/c.txt': program('c'),
    });
    const result = files.load();
    expect(result).toMatchObject({
      settings: {
        notices: [
          { level: 'info', text: `Included extra file "${files.directory}/d/B.ini" during parsing` },
          { level: 'info', text: `Included extra file "${files.directory}/d/b.ini" during parsing` },
          { level: 'warn', text: `No file matches via include "${files.directory}/none/*.ini"` },
        ],
        groups: [{ name: 'B' }, { name: 'b' }],
      },
    });
  });

  it('lets a later file overlay a section key by key', () => {
    const { groups } = settingsOf(`${main('a.ini')}[program:p]\ncommand=x\npriority=1\n`, {
      'a.ini': '[program:p]\npriority=2\n',
    });
    expect(groups[0]?.processes[0]).toMatchObject({
      command: 'x',
      priority: 2,
      file: expect.stringMatching(/supervisord\.conf$/),
    });
  });

  it('passes over what cannot be read, with a warning', () => {
    using files = new TemporaryFiles({ 'supervisord.conf': main('d/*') });
    mkdirSync(join(files.directory, 'd/sub'), { recursive: true });
    symlinkSync('/no/such', join(files.directory, 'd/broken'));
    symlinkSync('/dev/zero', join(files.directory, 'd/zero'));
    const result = files.load();
    if (result.type === 'invalid') throw result.errors[0];
    const warnings = result.settings.notices.filter(({ level }) => level === 'warn').map(({ text }) => text);
    expect(warnings).toEqual([
      `Cannot read included file "${files.directory}/d/broken": ENOENT`,
      `Cannot read included file "${files.directory}/d/sub": EISDIR`,
      `Cannot read included file "${files.directory}/d/zero": not a regular file`,
    ]);
  });

  it('is not followed in an included file, with a warning', () => {
    const { groups, notices } = settingsOf(main('a.ini'), {
      'a.ini': `[include]\nfiles=b.ini\n${program('a')}`,
      'b.ini': program('b'),
    });
    expect(groups.map(({ name }) => name)).toEqual(['a']);
    expect(notices.at(-1)?.text).toMatch(
      /a\.ini:1: \[include\]: not followed: only the main file can include others$/,
    );
  });

  it('names the included file in an error', () => {
    expect(messagesOf(main('a.ini'), { 'a.ini': '[program:a]\ncommand=x\nstartsecs=x\n' })[0]).toMatch(
      /^a\.ini:3: \[program:a\] startsecs/,
    );
  });
});

describe('a pattern', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['*', 'abc', true],
    ['a*c*e', 'abcde', true],
    ['a*c*e', 'abcd', false],
    ['a?c', 'aéc', true],
    ['a?c', 'a😀c', true],
    ['a?c', 'ac', false],
    ['[a-c]', 'b', true],
    ['[!a-c]', 'b', false],
    ['[!a]', '', false],
    ['[]]', ']', true],
    ['[^a]', '^', true],
    ['[a-]', '-', true],
    ['[ab', '[ab', true],
    ['{a,b}', 'a', false],
    ['\\*', '\\x', true],
    ['', '', true],
    // A range the wrong way round has no members; what is left begins with an exclamation mark.
    ['[b-[!]*', '[a', true],
    ['[b-a!-é]', '-', false],
    ['[b-a!-é]', 'a', true],
    ['[b-ac]', 'b', false],
    ['[b-ac]', 'c', true],
  ];
  for (const [pattern, fileName, matches] of cases) {
    it(`${JSON.stringify(pattern)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(fileName)}`, () => {
      expect(matchesName(fileName, pattern)).toBe(matches);
    });
  }

  it('matches within one part of a path, through links and repeated slashes', () => {
    using files = new TemporaryFiles({ 'a/x.ini': '', 'b/x.ini': '', 'a/b/x.ini': '', 'x.ini': '' });
    const { directory } = files;
    expect(glob(`${directory}/*/x.ini`)).toEqual([`${directory}/a/x.ini`, `${directory}/b/x.ini`]);
    expect(glob(`${directory}/**/x.ini`)).toEqual([`${directory}/a/x.ini`, `${directory}/b/x.ini`]);
    expect(glob(`${directory}//a/x.ini`)).toEqual([`${directory}//a/x.ini`]);
    expect(glob(`${directory}/no/*`)).toEqual([]);
    expect(glob(`${directory}/a/\0*`)).toEqual([]);
    expect(glob('/tmp\0/x')).toEqual([]);
  });

  it('of stars takes no longer than its length times that of the name', () => {
    const before = process.cpuUsage();
    expect(matchesName('a'.repeat(10_000), `${'*a'.repeat(200)}b`)).toBe(false);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000);
  });

  it('without special characters matches itself alone', () => {
    const plain = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[*?[]/g, ''));
    fc.assert(fc.property(plain, plain, (a, b) => expect(matchesName(a, b)).toBe(a === b)));
  });
});
