import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { essence, examplesOf } from '../support/console-examples.ts';
import { freePort } from '../support/free-port.ts';
import { waitFor } from '../support/wait-for.ts';

const portOfTour = '8064';

describe('the tour of the README', () => {
  const examples = examplesOf(readFileSync('README.md', 'utf8'));
  let root: string;
  let port: string;
  let endDaemon: () => Promise<unknown>;

  // A copy: the daemon of whoever runs the tests may be up in the checkout itself.
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'tour-'));
    for (const part of ['conf/supervisord.conf', 'supervisord.d'])
      cpSync(resolve(part), join(root, part), { recursive: true });
    for (const part of ['var/run', 'var/log']) mkdirSync(join(root, part), { recursive: true });
    symlinkSync(resolve('bin'), join(root, 'bin'));
    port = String(await freePort());
    const web = join(root, 'supervisord.d/web.ini');
    writeFileSync(web, readFileSync(web, 'utf8').replaceAll(portOfTour, port));
    const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
    const daemon = execa('bin/supervisord', ['-n', '-s', '-c', 'conf/supervisord.conf'], {
      cwd: root,
      env: { PATH },
      reject: false,
    });
    endDaemon = () => {
      daemon.kill();
      return daemon;
    };
    const status = () =>
      execa('bin/supervisorctl', ['-c', 'conf/supervisord.conf', 'status', '-o', 'wide'], {
        cwd: root,
        reject: false,
      });
    // As in the tour, `flaky` has failed once and has been restarted.
    await waitFor(
      async () => {
        const { stdout } = await status();
        return (
          /^flaky +RUNNING .* 1 +exit status 3/m.test(stdout) && stdout.match(/ RUNNING /g)?.length === 7
        );
      },
      { what: 'all programs to run' },
    );
  });
  afterAll(async () => {
    await endDaemon();
    rmSync(root, { recursive: true, force: true });
  });

  it('has commands to run', () => expect(examples.length).toBeGreaterThan(8));

  for (const { command, output } of examples) {
    it(`shows what is printed by: ${command}`, async () => {
      const [file = '', ...words] = command.replace(portOfTour, port).split(' ');
      const result = await execa(file, words, { cwd: root, reject: false, stripFinalNewline: false });
      const printed = essence(result.stdout.replaceAll(root, '/home/you/supervisord-ts'));
      const expected = essence(output);
      if (expected.endsWith('…\n')) expect(printed.slice(0, expected.length - 2)).toBe(expected.slice(0, -2));
      // Programs of a group that stop or start together may be done in any order.
      else expect(printed.split('\n').sort()).toEqual(expected.split('\n').sort());
    });
  }
});
