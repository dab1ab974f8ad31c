/** The container that docs/operations.md describes, but for the container. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { blocksOf } from '../docs/pages.ts';
import { describeAsRoot } from '../support/as-root.ts';
import { waitFor } from '../support/wait-for.ts';

const blocks = blocksOf(readFileSync('docs/operations.md', 'utf8'));

function block(language: string, containing: string): string {
  const found = blocks.find(
    (candidate) => candidate.language === language && candidate.text.includes(containing),
  );
  if (found === undefined) throw new Error(`docs/operations.md has no ${language} block with ${containing}`);
  return found.text;
}

describeAsRoot('the container of docs/operations.md', () => {
  let root: string;
  let ended: Promise<unknown>;
  const output = (): string => readFileSync(join(root, 'output'), 'utf8');
  const ctl = (...words: string[]) =>
    execa(resolve('bin/supervisorctl'), ['-c', join(root, 'etc/supervisor/supervisord.conf'), ...words], {
      reject: false,
    });

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'container-'));
    for (const folder of ['etc/supervisor', 'run', 'srv/app'])
      mkdirSync(join(root, folder), { recursive: true });
    const placed = block('ini', 'nodaemon = true').replaceAll(/\/(?=(etc|run|srv)\/)/g, `${root}/`);
    writeFileSync(join(root, 'etc/supervisor/supervisord.conf'), placed);
    writeFileSync(join(root, 'srv/app/web'), '#!/bin/sh\necho web is up\nexec sleep 1000\n', { mode: 0o755 });
    ended = execa('sh', [
      '-c',
      // Through a pipe, as container runtimes take it.
      '{ unshare --pid --fork --kill-child=SIGTERM --mount-proc -- "$0" -c "$1" 2>&1; echo "status $?"; } | cat >"$2"',
      resolve('bin/supervisord'),
      join(root, 'etc/supervisor/supervisord.conf'),
      join(root, 'output'),
    ]);
    await waitFor(async () => (await ctl('status')).stdout.includes(' RUNNING '), { what: 'web to run' });
  });
  afterAll(async () => {
    await ctl('shutdown');
    await ended;
    rmSync(root, { recursive: true, force: true });
  });

  it('has the activity log and what programs print on stdout, each line once', () => {
    const lines = output().split('\n');
    expect(lines.filter((line) => line === 'web is up')).toHaveLength(1);
    expect(lines.filter((line) => / INFO supervisord started with pid \d+$/.test(line))).toHaveLength(1);
  });

  it('is healthy while its program runs', async () => {
    expect((await ctl('status', 'web')).exitCode).toBe(0);
    const { stdout } = await execa('curl', [
      '-fsS',
      '--unix-socket',
      join(root, 'run/supervisor.sock'),
      'http://localhost/ok.html',
    ]);
    expect(stdout).toBe('OK');
  });

  it('ends in order, and with the status of its program, when that has failed for good', async () => {
    writeFileSync(join(root, 'srv/app/web'), '#!/bin/sh\nexit 3\n');
    // The program fails four times, a second and more apart.
    await ctl('restart', 'web');
    await waitFor(() => /^status \d/m.test(output()), { what: 'the container to end' });
    expect(output()).toContain(` INFO shutting down: 'web' entered FATAL state (on_fatal=shutdown)\n`);
    expect(output()).toMatch(/^status 3$/m);
  });
});
