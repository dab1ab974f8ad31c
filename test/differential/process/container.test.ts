/** A container's entry point: no socket, everything on stdout, ended by SIGTERM. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { env, getuid, kill } from 'node:process';
import { beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import type { Implementation } from '../../support/daemons.ts';
import { describeWithPeer } from '../../support/peer.ts';
import { waitFor } from '../../support/wait-for.ts';
import { inBoth } from '../steps/in-both.ts';
import { program, programSection } from '../steps/programs.ts';

interface Container {
  readonly lines: readonly string[];
  readonly status: string | undefined;
}

const prints = program('prints-and-stays');

function configuration(dir: string): string {
  return [
    `[supervisord]\nnodaemon=true\nlogfile=${dir}/main.log\nlogfile_maxbytes=0\npidfile=${dir}/pid\n`,
    getuid?.() === 0 ? 'user=root\n' : '',
    programSection(
      'web',
      `command=${prints} "out of web; daemon off;\\n" "err of web\\n"`,
      'stdout_logfile=/dev/stdout',
      'stdout_logfile_maxbytes=0',
      'stderr_logfile=/dev/stderr',
      'stderr_logfile_maxbytes=0',
      'autorestart=false',
      'startretries=0',
    ),
    programSection(
      'app',
      `command=/bin/sh -c 'exec ${prints} "port ''\${PORT:-8080}''\\n" "err of app\\n"'`,
      'stdout_logfile=/dev/fd/1',
      'stdout_logfile_maxbytes=0',
      'redirect_stderr=true',
    ),
  ].join('');
}

async function run(implementation: Implementation): Promise<Container> {
  const dir = mkdtempSync(join(tmpdir(), `supervisord-${implementation}-container-`));
  const [configurationFile, outputFile] = [join(dir, 'supervisord.conf'), join(dir, 'output')];
  writeFileSync(configurationFile, configuration(dir));
  const supervisord =
    implementation === 'real'
      ? '/usr/bin/supervisord'
      : join(env['SUPERVISORD_TEST_BIN'] ?? resolve('bin'), 'supervisord');
  // Through a pipe, as container runtimes take it; stdio of Node would be a socket, which nobody can open by path.
  const container = execa(
    'sh',
    [
      '-c',
      '{ "$0" -c "$1" 2>&1; echo "status $?"; } | cat >"$2"',
      supervisord,
      configurationFile,
      outputFile,
    ],
    { reject: false, stdin: 'ignore' },
  );
  const read = () => {
    try {
      return readFileSync(outputFile, 'utf8');
    } catch {
      return '';
    }
  };
  await waitFor(() => (read().match(/entered RUNNING state/g) ?? []).length === 2, {
    what: `both to run: ${read()}`,
  });
  kill(Number(readFileSync(join(dir, 'pid'), 'utf8')), 'SIGTERM');
  await container;
  const lines = read()
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\S+ \S+ /, '').replace(/\bpid \d+/, 'pid N'));
  rmSync(dir, { recursive: true, force: true });
  return { lines, status: lines.find((line) => line.startsWith('status ')) };
}

describeWithPeer('the entry point of a container', () => {
  let ours: Container;
  let real: Container;

  beforeAll(async () => {
    ({ ours, real } = await inBoth(run));
  });

  it('puts its own log and what the children print on stdout, as supervisord does', () => {
    // Two processes that start at once, and stop at once, have no order.
    expect(ours.lines.toSorted()).toEqual(real.lines.toSorted());
  });

  it('has printed something of each child', () => {
    for (const text of ['out of web; daemon off;', 'err of web', 'err of app']) {
      expect(ours.lines).toContain(text);
    }
  });

  it('exits with status 0 on SIGTERM', () => {
    expect(ours.status).toBe('status 0');
    expect(real.status).toBe('status 0');
  });
});
