import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeWithPeer } from '../../support/peer.ts';
import { normalize } from './compare.ts';
import { runSupervisorctl } from './run-supervisorctl.ts';

describeWithPeer('without a server, our supervisorctl and the real one do alike with', () => {
  const all = [
    ...[
      'status',
      'start x',
      'stop x',
      'restart x',
      'signal HUP x',
      'pid',
      'tail x',
      'maintail',
      'clear x',
      'fg x',
    ],
    ...['version', 'reread', 'update', 'add x', 'remove x', 'avail', 'reload', 'shutdown', 'add'],
  ];
  const some = ['status', 'version', 'reread', 'shutdown'];
  const servers = new Map([
    ['unix:///nonexistent/s.sock', all],
    ['http://localhost:1', all],
    ['unix:///etc/passwd', some],
    ['http://nosuch.invalid', some],
    ['https://localhost', some],
    ['unix:/x', some],
  ]);
  for (const [serverurl, lines] of servers) {
    it(serverurl, async () => {
      for (const line of lines) {
        const args = ['-s', serverurl, ...line.split(' ')];
        const [ours, real] = await Promise.all([
          runSupervisorctl('ours', args),
          runSupervisorctl('real', args),
        ]);
        const seen = (result: typeof ours) => ({
          line,
          ...result,
          stdout: normalize(result.stdout, { dir: '//' }),
        });
        expect(seen(ours)).toEqual(seen(real));
      }
    });
  }

  const commandLines = [
    '-x',
    '-c',
    '--foo',
    '--h x',
    '--s',
    '--serverurl',
    '--help=3',
    '--interactive=',
    '-s foo status',
    '-s http:// status',
    '-s http://a -s http://b status',
    '-u a -u b status',
    '-i -i version',
    '-c /nonexistent status',
    '-c /etc status',
    '--user',
    '--history-file x',
    '-s unix:// status',
    '-s unix:///nonexistent -- version',
    '--hist x -s unix:///nonexistent version',
    '-ua -sunix:///nonexistent version',
  ];
  for (const line of commandLines) {
    it(`the command line ${line}`, async () => {
      const args = line.split(' ');
      const [ours, real] = await Promise.all([
        runSupervisorctl('ours', args),
        runSupervisorctl('real', args),
      ]);
      expect({ stderr: normalize(ours.stderr, { dir: '//' }), exitCode: ours.exitCode }).toEqual({
        stderr: normalize(real.stderr, { dir: '//' }),
        exitCode: real.exitCode,
      });
    });
  }
});

it('a malformed configuration is a usage error, where supervisorctl shows a traceback', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'supervisorctl-'));
  try {
    const file = join(dir, 'supervisord.conf');
    writeFileSync(file, 'junk\n');
    const { stdout, stderr, exitCode } = await runSupervisorctl('ours', ['-c', file, 'status']);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toContain(`Error: File contains no section headers.\nfile: '${file}', line: 1`);
    expect(stderr).toMatch(/\nFor help, use \S+ -h\n$/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
