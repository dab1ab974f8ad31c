import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../../conf/getopt.ts';
import { readCommandLine } from '../../ctl/options.ts';
import { isUrl, parseServerUrl } from '../../ctl/server-url.ts';

describe('the command line', () => {
  const good: readonly (readonly [string, ReturnType<typeof readCommandLine>])[] = [
    ['', { options: {}, action: [] }],
    ['status', { options: {}, action: ['status'] }],
    ['status -x --json', { options: {}, action: ['status', '-x', '--json'] }],
    ['-c f tail -f web', { options: { configuration: 'f' }, action: ['tail', '-f', 'web'] }],
    ['-cf -i', { options: { configuration: 'f', interactive: true }, action: [] }],
    ['-iua status', { options: { interactive: true, username: 'a' }, action: ['status'] }],
    [
      '--conf=f --user u --pass p',
      { options: { configuration: 'f', username: 'u', password: 'p' }, action: [] },
    ],
    ['-s http://h:1 --hist h', { options: { serverurl: 'http://h:1', history_file: 'h' }, action: [] }],
    ['-- -x', { options: {}, action: ['-x'] }],
    ['-u -s', { options: { username: '-s' }, action: [] }],
    ['-?', { options: { help: true }, action: [] }],
  ];
  for (const [line, expected] of good) {
    it(`reads: ${line || '(nothing)'}`, () => {
      expect(readCommandLine(line === '' ? [] : line.split(' '))).toEqual(expected);
    });
  }

  const bad = [
    ['-x', 'option -x not recognized'],
    ['--h', 'option --h not a unique prefix'],
    ['--history-file x', 'option --history-file not recognized'],
    ['-r', 'option -r requires argument'],
    ['--help=3', 'option --help must not have an argument'],
    ['-s foo', "invalid value for -s 'foo': value 'foo' is not a URL"],
    ['--serverurl foo', "invalid value for --serverurl 'foo': value 'foo' is not a URL"],
    ['-s http://', "invalid value for -s 'http://': value 'http://' is not a URL"],
    ['-u a --username b', "conflicting command line option '--username'"],
    ['-i -i', "conflicting command line option '-i'"],
  ] as const;
  for (const [line, message] of bad) {
    it(`refuses: ${line}`, () => {
      expect(() => readCommandLine(line.split(' '))).toThrow(new UsageError(message));
    });
  }
});

describe('a serverurl', () => {
  it('names a TCP port or a unix socket', () => {
    expect(parseServerUrl('http://localhost:9001')).toEqual({ type: 'inet', host: 'localhost', port: 9001 });
    expect(parseServerUrl('http://me:secret@h/RPC2?x')).toEqual({ type: 'inet', host: 'h', port: 80 });
    expect(parseServerUrl('http://[::1]:1')).toEqual({ type: 'inet', host: '::1', port: 1 });
    expect(parseServerUrl('unix:///a b/s.sock')).toEqual({ type: 'unix', path: '/a b/s.sock' });
  });

  for (const url of [
    'https://h',
    'h:9001',
    'unix:/x',
    'http:/x',
    'http://',
    'http://:80',
    'http://h:99999',
    'http://h:x',
  ]) {
    it(`is not ${url}`, () => {
      expect(() => parseServerUrl(url)).toThrow(`Unknown protocol for serverurl ${url}`);
    });
  }

  it('is a URL as an option if it has a scheme and something after it', () => {
    expect(
      ['http://h', 'unix:///x', 'https://x', 'unix:/x', 'http:foo'].filter((url) => !isUrl(url)),
    ).toEqual([]);
    expect(['', 'foo', 'http://', 'unix://', '/x', '://x'].filter(isUrl)).toEqual([]);
  });
});
