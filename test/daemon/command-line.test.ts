import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../../conf/getopt.ts';
import type { ReadContext } from '../../conf/reader.ts';
import { readCommandLine } from '../../daemon/command-line.ts';

const nobody = { name: 'nobody', uid: 65534, gid: 65534 };
const context: ReadContext = {
  env: new Map([['HOME', '/root']]),
  cwd: '/',
  uid: 0,
  users: {
    userByName: (name) => (name === 'nobody' ? nobody : undefined),
    userByUid: (uid) => (uid === nobody.uid ? nobody : undefined),
    groupByName: () => undefined,
    groupByGid: () => undefined,
    homeOf: () => undefined,
  },
};

function overrides(...words: string[]): unknown {
  return readCommandLine(words, context).overrides;
}

describe('the command line of supervisord', () => {
  it('makes a hash of a password whatever else is there', () => {
    expect(readCommandLine(['-n', '--password-hash'], context).action).toBe('password-hash');
  });

  it('leaves prefixes to the options that supervisord has', () => {
    expect(readCommandLine(['--h'], context).action).toBe('help');
    expect(overrides('--ch=/tmp', '--pi=/tmp/x.pid')).toEqual({ childlogdir: '/tmp', pidfile: '/tmp/x.pid' });
    expect(() => overrides('--che')).toThrow('option --che not recognized');
  });

  it('sets what it names and nothing else', () => {
    expect(overrides()).toEqual({});
    expect(overrides('-n', '-s', '-k', '-t')).toEqual({
      nodaemon: true,
      silent: true,
      nocleanup: true,
      strip_ansi: true,
    });
    expect(overrides('-u', 'nobody')).toEqual({ user: nobody });
    expect(overrides('--user=65534')).toEqual({ user: nobody });
    expect(overrides('-m', '077', '-d', '/tmp', '-q', '/tmp')).toEqual({
      umask: 0o77,
      directory: '/tmp',
      childlogdir: '/tmp',
    });
    expect(overrides('-l', '/tmp/x.log', '-y', '1MB', '-z', '3', '-e', 'WARN')).toEqual({
      logfile: '/tmp/x.log',
      logfile_maxbytes: 1048576,
      logfile_backups: 3,
      loglevel: 'warn',
    });
    expect(overrides('-j', 'x.pid', '-i', 'two', '-a', '10', '--minprocs=20')).toEqual({
      pidfile: 'x.pid',
      identifier: 'two',
      minfds: 10,
      minprocs: 20,
    });
  });

  it('accepts the profiler option of old init scripts', () => {
    expect(overrides('--profile_options=calls')).toEqual({});
  });

  it('gives the configuration file as it was typed', () => {
    expect(readCommandLine(['-c', './x.conf'], context).configuration).toBe('./x.conf');
    expect(readCommandLine([], context).configuration).toBeUndefined();
  });

  it('asks for help, the version or a check instead of running', () => {
    expect(readCommandLine(['-h'], context).action).toBe('help');
    expect(readCommandLine(['-?'], context).action).toBe('help');
    expect(readCommandLine(['-v'], context).action).toBe('version');
    expect(readCommandLine(['--check', '-n'], context).action).toBe('check');
    expect(readCommandLine(['-n'], context).action).toBe('run');
  });

  const mistakes: readonly (readonly [readonly string[], string])[] = [
    [['-z', 'x'], "invalid value for -z 'x': invalid literal for int() with base 10: 'x'"],
    [['-e', 'foo'], "invalid value for -e 'foo': bad logging level name 'foo'"],
    [['--loglevel', 'foo'], "invalid value for --loglevel 'foo': bad logging level name 'foo'"],
    [['-m', '9'], "invalid value for -m '9': 9 can not be converted to an octal type"],
    [['-d', '/nonex'], "invalid value for -d '/nonex': /nonex is not an existing directory"],
    [['-u', 'nosuch'], 'Invalid user name nosuch'],
    [['-n', '-n'], "conflicting command line option '-n'"],
    [['foo'], "positional arguments are not supported: ['foo']"],
    [['-z'], 'option -z requires argument'],
  ];
  for (const [words, message] of mistakes) {
    it(`refuses ${words.join(' ')}: ${message}`, () => {
      expect(() => readCommandLine(words, context)).toThrow(new UsageError(message));
    });
  }
});
