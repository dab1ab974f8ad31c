import { resolve } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { fullLog, infoOf, stateOf, stderrOf, waitForAll } from '../support/supervised.ts';
import { fault } from './fault.ts';

const programs = resolve('test/fixtures/programs');

function ill(name: string, command: string, lines = ''): string {
  return `[program:${name}]\ncommand=${command}\nstartretries=0\n${lines}\n`;
}

function fcgi(name: string, socket: string): string {
  return `[fcgi-program:${name}]\ncommand=/bin/cat\nsocket=${socket}\nstartretries=0\n`;
}

let daemon: Daemon;
beforeAll(async () => {
  daemon = await startDaemon({
    implementation: 'ours',
    configuration: [
      ill('quoted', 'cat "half'),
      ill('missing', '/no/such/program'),
      ill('unfound', 'no-such-program'),
      ill('directory', '/usr/'),
      ill('data', '/etc/passwd'),
      ill('headless', `${programs}/has-no-interpreter-line`),
      ill('interpreter', `${programs}/has-a-missing-interpreter`),
      ill('nowhere', '/bin/cat', 'directory=/no/such/directory'),
      ill('brief', '/bin/true'),
      ill('heavy', '/bin/true', `environment=BIG="${'x'.repeat(140_000)}"`),
      fcgi('taken', 'unix://%(here)s/supervisor.sock'),
      fcgi('no-socket', 'unix://%(here)s/supervisord.conf'),
      fcgi('elsewhere', 'tcp://192.0.2.1:9000'),
      '[program:healthy]\ncommand=/bin/sleep 1000\nstartsecs=0',
    ].join('\n'),
  });
  await waitForAll(daemon, (state) => state === 'FATAL' || state === 'RUNNING');
});
afterAll(() => daemon[Symbol.asyncDispose]());

/** What is to be seen of a program that cannot run, while the healthy one does. */
async function seen(name: string): Promise<string> {
  expect(await stateOf(daemon, name)).toBe('FATAL');
  expect(await stateOf(daemon, 'healthy')).toBe('RUNNING');
  const status = (await daemon.ctl('ours', ['status', name])).stdout;
  const description = String(await infoOf(daemon, name, 'description'));
  return [await fullLog(daemon), status, description, await stderrOf(daemon, name)].join('\n');
}

fault('the quotes of a command do not match', () => seen('quoted'));
fault('the program of a command does not exist', () => seen('missing'));
fault('the program of a command is not found in PATH', () => seen('unfound'));
fault('the command is a directory', () => seen('directory'));
fault('the command is not executable', () => seen('data'));
fault('a script has no interpreter line', () => seen('headless'));
fault('the interpreter of a script does not exist', () => seen('interpreter'));
fault('the directory of a program does not exist', () => seen('nowhere'));
fault('a program ends as soon as it starts', () => seen('brief'));
fault('an environment is too large', () => seen('heavy'));
fault('another program has the socket of a FastCGI program', () => seen('taken'));
fault('a file that is no socket is in the place of that of a FastCGI program', () => seen('no-socket'));
fault('the socket of a FastCGI program has an address of another machine', () => seen('elsewhere'));
