import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { kill } from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { essence, examplesOf } from '../support/console-examples.ts';
import { describeWithPeer } from '../support/peer.ts';
import { isAlive } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

/** As Debian's package leaves it, with two programs in files of their own; paths as in the guide. */
const files = {
  '/etc/supervisor/supervisord.conf': `[unix_http_server]
file=/var/run/supervisor.sock
chmod=0700

[supervisord]
logfile=/var/log/supervisor/supervisord.log
pidfile=/var/run/supervisord.pid
childlogdir=/var/log/supervisor

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix:///var/run/supervisor.sock

[include]
files = /etc/supervisor/conf.d/*.conf
`,
  '/etc/supervisor/conf.d/queue.conf': `[program:queue]
command=/bin/cat
numprocs=2
autorestrat=true
process_name=%(program_name)s_%(process_num)d
startsecs=0
`,
  '/etc/supervisor/conf.d/web.conf': '[program:web]\ncommand=/bin/cat\nstartsecs=0\n',
};

describeWithPeer('the guide to migration', () => {
  const examples = examplesOf(readFileSync('docs/migration.md', 'utf8'));
  let root: string;
  /** What the guide calls `/etc/…` and `/var/…` is in a directory of its own here. */
  const placed = (text: string): string =>
    text.replaceAll(/(?<![\w.])\/(?=etc\/supervisor|var\/)/g, `${root}/`);
  const pidfile = (): string => join(root, 'var/run/supervisord.pid');
  const hasDaemon = (): boolean => {
    try {
      return isAlive(Number(readFileSync(pidfile(), 'utf8')));
    } catch {
      return false;
    }
  };
  const runsAll = async (): Promise<boolean> => {
    const { stdout } = await execa(
      resolve('bin/supervisorctl'),
      ['-c', placed('/etc/supervisor/supervisord.conf'), 'status'],
      {
        reject: false,
      },
    );
    return stdout.match(/ RUNNING /g)?.length === 3;
  };

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'migration-'));
    for (const folder of ['etc/supervisor/conf.d', 'var/run', 'var/log/supervisor']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), placed(text));
    await execa('/usr/bin/supervisord', ['-c', placed('/etc/supervisor/supervisord.conf')], { cwd: root });
    await waitFor(runsAll, { what: 'the programs of the old daemon' });
  });

  afterAll(async () => {
    if (hasDaemon()) kill(Number(readFileSync(pidfile(), 'utf8')));
    await waitFor(() => !hasDaemon(), { what: 'the daemon to end' });
    rmSync(root, { recursive: true, force: true });
  });

  it('shows what each of its commands prints, one after the other', async () => {
    for (const { command, output } of examples) {
      const ours = placed(command).replaceAll('/usr/local/bin/', `${resolve('bin')}/`);
      const result = await execa('sh', ['-c', ours], { cwd: root, reject: false, stripFinalNewline: false });
      const printed = essence(
        (result.stdout + result.stderr)
          .replaceAll(root, '')
          .replaceAll(`${resolve('bin')}/`, '/usr/local/bin/'),
      );
      const expected = essence(output);
      const shown = expected.endsWith('…\n') ? `${printed.slice(0, expected.length - 2)}…\n` : printed;
      expect({ command, output: shown }).toEqual({ command, output: expected });
      if (/ shutdown$/.test(command)) await waitFor(() => !hasDaemon(), { what: 'the daemon to end' });
      else if (/supervisord -c/.test(command)) await waitFor(runsAll, { what: 'all programs to run' });
    }
    expect(examples.length).toBeGreaterThan(7);
  });
});
