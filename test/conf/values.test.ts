import { describe, expect, it } from '@jest/globals';
import { fcgiSocket, inetAddress } from '../../conf/addresses.ts';
import { existingDirectory, existingDirpath, expandHome, logfile } from '../../conf/paths.ts';
import type { Reader } from '../../conf/reader.ts';
import { signal } from '../../conf/signals.ts';
import { ownership, user } from '../../conf/users.ts';
import {
  autorestart,
  boolean,
  byteSize,
  exitCodes,
  integer,
  list,
  logLevel,
  name,
  octal,
} from '../../conf/values.ts';
import { contextIn } from './support.ts';

const context = contextIn('/');

/** What a reader makes of texts; an `Error` is one whose message is exactly that. */
function reads<T>(title: string, reader: Reader<T>, cases: readonly (readonly [string, T | Error])[]): void {
  describe(title, () => {
    for (const [text, expected] of cases) {
      if (expected instanceof Error) {
        it(`refuses ${JSON.stringify(text)}: ${expected.message}`, () => {
          expect(() => reader.read(text, context)).toThrow(
            expect.objectContaining({ message: expected.message }),
          );
        });
      } else {
        it(`reads ${JSON.stringify(text)} as ${JSON.stringify(expected)}`, () => {
          expect(reader.read(text, context)).toEqual(expected);
        });
      }
    }
  });
}

const wrong = (message: string) => new Error(message);
const notInteger = (shown: string) => wrong(`invalid literal for int() with base 10: ${shown}`);

reads('a boolean', boolean, [
  ...['yes', 'True', 'ON', '1'].map((text) => [text, true] as const),
  ...['no', 'FALSE', 'off', '0'].map((text) => [text, false] as const),
  ['2', wrong("not a valid boolean value: '2'")],
  ['', wrong("not a valid boolean value: ''")],
  ["it's", wrong(`not a valid boolean value: "it's"`)],
]);

reads('an integer', integer, [
  ['10', 10],
  ['-1', -1],
  ['+5', 5],
  ['010', 10],
  ['1_000', 1000],
  [' 7\t', 7],
  ['٤٢', 42],
  ['9007199254740993', Number.MAX_SAFE_INTEGER],
  [`-${'9'.repeat(500)}`, -Number.MAX_SAFE_INTEGER],
  ['1__0', notInteger("'1__0'")],
  ['_1', notInteger("'_1'")],
  ['1_', notInteger("'1_'")],
  ['1.5', notInteger("'1.5'")],
  ['', notInteger("''")],
  ['0x10', notInteger("'0x10'")],
]);

reads('a byte size', byteSize, [
  ['100', 100],
  ['1KB', 1024],
  ['1 kb', 1024],
  ['2Mb', 2 * 1024 ** 2],
  ['3gb', 3 * 1024 ** 3],
  ['-1MB', -(1024 ** 2)],
  [`${'9'.repeat(30)}GB`, Number.MAX_SAFE_INTEGER],
  ['50M', notInteger("'50m'")],
  ['1.5MB', notInteger("'1.5'")],
  ['KB', notInteger("''")],
]);

reads('an octal', octal, [
  ['022', 18],
  ['0o22', 18],
  ['0O7_7', 63],
  ['-1', -1],
  ['8', wrong('8 can not be converted to an octal type')],
  ['', wrong(' can not be converted to an octal type')],
]);

reads('a log level', logLevel, [
  ['INFO', 'info'],
  ['blather', 'blather'],
  ['warning', wrong("bad logging level name 'warning'")],
  ['10', wrong("bad logging level name '10'")],
  ['constructor', wrong("bad logging level name 'constructor'")],
]);

reads('a signal', signal, [
  ['TERM', 15],
  ['sigusr1', 10],
  [' hup ', 1],
  ['CLD', 17],
  ['IOT', 6],
  ['POLL', 29],
  ['RTMIN', 34],
  ['RTMAX', 64],
  ['0', 0],
  ['31', 31],
  ['32', wrong("value '32' is not a valid signal number")],
  ['63', wrong("value '63' is not a valid signal number")],
  ['_IGN', wrong("value '_IGN' is not a valid signal name")],
  ['constructor', wrong("value 'constructor' is not a valid signal name")],
  ['', wrong("value '' is not a valid signal name")],
]);

reads('exit codes', exitCodes, [
  ['0', [0]],
  [' 0 , 255 ', [0, 255]],
  ['0,0', [0, 0]],
  ['', []],
  ['0,', wrong("not a valid list of exit codes: '0,'")],
  ['256', wrong("not a valid list of exit codes: '256'")],
  ['-1', wrong("not a valid list of exit codes: '-1'")],
]);

reads('autorestart', autorestart, [
  ['True', 'always'],
  ['off', 'never'],
  ['Unexpected', 'unexpected'],
  ['Always', wrong("invalid 'autorestart' value 'always'")],
]);

reads('a name', name, [
  [' web ', 'web'],
  ['*,é\tx', '*,é\tx'],
  ['a b', wrong("Invalid name: 'a b' because of character: ' '")],
  ['a:b', wrong("Invalid name: 'a:b' because of character: ':'")],
  ['a/b', wrong("Invalid name: 'a/b' because of character: '/'")],
  [' ', wrong("Invalid name: ' ' because it is empty")],
]);

reads('a list', list, [
  ['', []],
  ['a, b ,c', ['a', 'b', 'c']],
  ['a,', ['a', '']],
]);

reads('an inet address', inetAddress, [
  ['9001', { host: '', port: 9001 }],
  [':9001', { host: '', port: 9001 }],
  ['*:9001', { host: '', port: 9001 }],
  ['LOCALHOST:9001', { host: 'localhost', port: 9001 }],
  ['[::1]:80', { host: '[::1]', port: 80 }],
  ['a:', wrong("no port number specified in ''")],
  ['a', wrong("not a valid port number: 'a' ")],
  ['0', wrong("not a valid port number: '0' ")],
  ['65536', wrong("not a valid port number: '65536' ")],
  ['h:abc', notInteger("'abc'")],
  ['h:0', wrong('0 is below lower bound (1)')],
  ['h:70000', wrong('70000 is above upper bound (65535)')],
]);

reads('a fcgi socket', fcgiSocket('fcgi-program:f'), [
  ['tcp://LocalHost:9000', { type: 'tcp', host: 'localhost', port: 9000 }],
  ['tcp://[::1]:9000', { type: 'tcp', host: '[::1]', port: 9000 }],
  ['tcp://::1:9000', wrong('Bad socket format tcp://::1:9000 in [fcgi-program:f] socket')],
  ['unix:///a//b/../c/', { type: 'unix', path: '/a/c' }],
  ['unix://a', wrong('Unix socket path a is not an absolute path in [fcgi-program:f] socket')],
  ['http://foo', wrong('Bad socket format http://foo in [fcgi-program:f] socket')],
  ['tcp://a:0', wrong('0 is below lower bound (1) in [fcgi-program:f] socket')],
]);

const web = { name: 'web', uid: 1000, gid: 1001 };

reads('a user', user, [
  ['web', web],
  ['1000', web],
  ['nobody', wrong('Invalid user name nobody')],
  ['4242', wrong('Invalid user id 4242')],
]);

reads('an owner', ownership('sockchown'), [
  ['web', { uid: 1000, gid: undefined }],
  ['0:log', { uid: 0, gid: 4 }],
  ['web:1001', { uid: 1000, gid: 1001 }],
  ['web:4242', wrong('Invalid sockchown value web:4242')],
  ['web.log', wrong('Invalid sockchown value web.log')],
]);

reads('an existing directory', existingDirectory, [
  ['/tmp', '/tmp'],
  ['/no/such', wrong('/no/such is not an existing directory')],
  ['/etc/passwd', wrong('/etc/passwd is not an existing directory')],
  ['', wrong(' is not an existing directory')],
]);

reads('an existing dirpath', existingDirpath, [
  ['bare', 'bare'],
  ['/tmp/x', '/tmp/x'],
  ['/x', '/x'],
  ['/no/such/x', wrong('The directory named as part of the path /no/such/x does not exist')],
  ['a\0/b', wrong('The directory named as part of the path a\0/b does not exist')],
]);

reads('a log file name', logfile, [
  ['Auto', { type: 'AUTO' }],
  ['none', { type: 'NONE' }],
  ['OFF', { type: 'NONE' }],
  ['', { type: 'NONE' }],
  ['SysLog', { type: 'syslog' }],
  ['/dev/stdout', { type: 'file', path: '/dev/stdout' }],
  ['"/tmp/x"', wrong('The directory named as part of the path "/tmp/x" does not exist')],
]);

describe('a tilde', () => {
  it('stands for HOME, else for the home of the user, else for itself', () => {
    expect(expandHome('~/x', context)).toBe('/root/x');
    expect(expandHome('~web/x', context)).toBe('/home/web/x');
    expect(expandHome('~nobody/x', context)).toBe('~nobody/x');
    expect(expandHome('~', { ...context, env: new Map() })).toBe('/root');
    expect(expandHome('~/x', { ...context, env: new Map([['HOME', '/']]) })).toBe('/x');
    expect(expandHome('a~', context)).toBe('a~');
  });
});
