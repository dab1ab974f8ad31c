/** The daemon as an installed package has it: one file, and others that are read only by who needs them. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { startDaemon } from '../support/daemons.ts';
import { waitFor } from '../support/wait-for.ts';

const web = '[program:web]\ncommand=/bin/sleep 1000\nstartsecs=0\n';
const schedule = '[schedule:yearly]\ncommand=/bin/true\nmonth=2\nday=29\ntimezone=Europe/Berlin\n';
const limit = 300_000;

describe('the bundled daemon', () => {
  let root: string;
  let command: string;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'bundled-'));
    cpSync('bin', join(root, 'bin'), { recursive: true });
    symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
    await execa('node', ['scripts/bundle.ts', join(root, 'dist')], { preferLocal: true });
    command = join(root, 'bin/supervisord');
  }, limit);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it(
    'reads the first schedule that comes, and says of a wrong one what the sources say',
    async () => {
      await using daemon = await startDaemon({ implementation: 'ours', command, configuration: web });
      const plain = readFileSync(daemon.configurationFile, 'utf8');
      const write = (sections: string) => writeFileSync(daemon.configurationFile, plain + sections);
      write(schedule);
      expect(await daemon.ctl('ours', ['update'])).toMatchObject({ stdout: 'yearly: added process group\n' });
      expect((await daemon.ctl('ours', ['schedule', 'list'])).stdout).toMatch(/^yearly .*-02-29T/m);

      write(schedule.replace('day=29', 'day=30'));
      const check = ['--check', '-c', daemon.configurationFile];
      const firstLine = ({ stderr }: { readonly stderr: string }) => stderr.split('\n')[0];
      const bundled = await execa(command, check, { reject: false });
      const fromSources = await execa('bin/supervisord', check, { reject: false });
      expect(bundled.exitCode).toBe(2);
      expect(bundled.stderr).toContain('there is no time for');
      expect(firstLine(bundled)).toBe(firstLine(fromSources));
    },
    limit,
  );

  it(
    'prints the help and the report that the sources print',
    async () => {
      const file = join(root, 'check.conf');
      writeFileSync(file, `[supervisord]\n${web}${schedule}`);
      for (const words of [['--help'], ['--check', '-c', file]]) {
        const bundled = await execa(command, words);
        const fromSources = await execa(resolve('bin/supervisord'), words);
        expect(bundled.stdout).toBe(fromSources.stdout.replaceAll(resolve('bin'), join(root, 'bin')));
      }
    },
    limit,
  );

  it('holds nothing in memory that only schedules, the help or the report need, at one byte a character', () => {
    const held = readFileSync(join(root, 'dist/supervisord.js'), 'utf8');
    for (const name of ['CronTrigger', 'formatHelp', 'function checkReport', 'formatScrypt']) {
      expect(held).not.toContain(name);
    }
    expect(held).toMatch(/^[\x00-\x7f]*$/);
  });

  it(
    'loads modules of Node only when something needs them',
    async () => {
      const listing = join(root, 'modules');
      const preload = join(root, 'list-modules.cjs');
      writeFileSync(
        preload,
        `const { renameSync, writeFileSync } = require('node:fs');
        process.prependListener('SIGUSR2', () => {
          writeFileSync(${JSON.stringify(`${listing}.new`)}, process.moduleLoadList.join('\\n'));
          renameSync(${JSON.stringify(`${listing}.new`)}, ${JSON.stringify(listing)});
        });`,
      );
      const environment = { NODE_OPTIONS: `--require ${preload}` };
      await using daemon = await startDaemon({
        implementation: 'ours',
        command,
        configuration: web,
        environment,
      });
      await waitFor(async () => /web +RUNNING/.test((await daemon.ctl('ours', ['status'])).stdout));
      process.kill(daemon.pid, 'SIGUSR2');
      await waitFor(() => existsSync(listing));
      const loaded = readFileSync(listing, 'utf8').split('\n');
      expect(loaded).toContain('NativeModule http');
      const late = ['crypto', 'perf_hooks', 'zlib'].map((name) => `NativeModule ${name}`);
      expect(loaded.filter((name) => late.includes(name))).toEqual([]);
    },
    limit,
  );

  it(
    'has read a single file when there are no schedules: it runs without the others',
    async () => {
      const dist = join(root, 'dist');
      for (const name of readdirSync(dist)) {
        if (name !== 'supervisord.js') rmSync(join(dist, name), { recursive: true });
      }
      await using daemon = await startDaemon({ implementation: 'ours', command, configuration: web });
      await waitFor(async () => /web +RUNNING/.test((await daemon.ctl('ours', ['status'])).stdout));
      for (const words of [['restart', 'web'], ['reread'], ['update'], ['stop', 'web']]) {
        expect(await daemon.ctl('ours', words)).toMatchObject({ exitCode: 0 });
      }
    },
    limit,
  );
});
