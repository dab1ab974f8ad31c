/** supervisorctl as an installed package has it: bundled, with the code that V8 compiled of it beside it. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { Daemon } from '../support/daemons.ts';

const plugin = `export const makeGreeter = (controller) => ({
  greet: { run: (words) => controller.print('Hello, ' + words) },
});
`;

describe('the bundled supervisorctl', () => {
  let root: string;
  let daemon: Daemon;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'precompiled-'));
    cpSync('bin', join(root, 'bin'), { recursive: true });
    symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
    await execa('node', ['scripts/bundle.ts', join(root, 'dist')], { preferLocal: true });
    daemon = new Daemon({
      implementation: 'ours',
      configuration: `[program:web]
command=/bin/cat
autostart=false
startsecs=0
[ctlplugin:greeter]
supervisor.ctl_factory=./greeter.mjs:makeGreeter
`,
    });
    writeFileSync(join(daemon.dir, 'greeter.mjs'), plugin);
    await daemon.start();
  });
  afterAll(async () => {
    rmSync(root, { recursive: true, force: true });
    await daemon[Symbol.asyncDispose]();
  });

  const ctl = async (
    words: readonly string[],
    options: { input?: string; env?: Record<string, string> } = {},
  ) => {
    const command = join(root, 'bin/supervisorctl');
    const result = await execa(command, ['-c', daemon.configurationFile, ...words], {
      input: '',
      reject: false,
      stripFinalNewline: false,
      ...options,
    });
    return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
  };
  /** Path of a part of the program, by its ending. */
  const part = (ending: string): string => {
    const name = readdirSync(join(root, 'dist')).find(
      (file) => /^supervisorctl-.*/.test(file) && file.endsWith(ending),
    );
    return join(root, 'dist', name ?? '');
  };
  const status = { stdout: `${'web'.padEnd(33)}STOPPED   Not started\n`, stderr: '', exitCode: 3 };

  it('has compiled code that its runtime takes', async () => {
    const check = `const { readFileSync } = require('node:fs');
      const script = new (require('node:vm').Script)(readFileSync('${part('.cjs')}', 'latin1'), {
        cachedData: readFileSync('${part('.v8')}'),
      });
      console.log(script.cachedDataRejected);`;
    expect((await execa('node', ['-e', check], { preferLocal: true })).stdout).toBe('false');
  });

  it('does what it does from the sources', async () => {
    expect(await ctl(['status'])).toEqual(status);
    expect(await ctl(['start', 'web'])).toEqual({ stdout: 'web: started\n', stderr: '', exitCode: 0 });
    expect(await ctl(['stop', 'web'])).toEqual({ stdout: 'web: stopped\n', stderr: '', exitCode: 0 });
    expect(await ctl(['nosuch'])).toEqual(await daemon.ctl('ours', ['nosuch']));
    expect(await ctl([], { input: 'pid web\nnosuch\nexit\n' })).toEqual(
      await daemon.ctl('ours', [], { input: 'pid web\nnosuch\nexit\n' }),
    );
  });

  it('has what it knows of schedules in files apart, to which faults and failures mean the same', async () => {
    for (const words of [
      ['list'],
      ['run', 'nosuch'],
      ['pause', 'nosuch'],
      ['log', 'nosuch'],
      ['next', '@daily', '-n', '1', '--json'],
    ]) {
      expect(await ctl(['schedule', ...words])).toEqual(await daemon.ctl('ours', ['schedule', ...words]));
    }
    const nowhere = ['-s', 'unix:///nonexistent/sock', 'schedule'];
    expect(await ctl(nowhere)).toEqual({
      stdout: 'unix:///nonexistent/sock no such file\n',
      stderr: '',
      exitCode: 7,
    });
  });

  it('loads plug-ins', async () => {
    expect(await ctl(['greet', 'world'])).toEqual({ stdout: 'Hello, world\n', stderr: '', exitCode: 0 });
  });

  it('runs on a runtime that cannot use the compiled code', async () => {
    const { stdout } = await ctl(['version'], { env: { NODE_OPTIONS: '--jitless' } });
    expect(stdout).toBe((await daemon.ctl('ours', ['version'])).stdout);
  });

  it('runs by the name of its ES module', async () => {
    const words = [
      join(root, 'dist/supervisorctl.js'),
      'supervisorctl',
      '-c',
      daemon.configurationFile,
      'avail',
    ];
    const { stdout } = await execa('node', words, { preferLocal: true });
    expect(stdout).toBe((await daemon.ctl('ours', ['avail'])).stdout.trimEnd());
  });

  it('runs with compiled code that is not whole, not compiled code, or not there', async () => {
    const { stdout } = await daemon.ctl('ours', ['version']);
    const file = part('.v8');
    const whole = readFileSync(file);
    const garbage = Buffer.alloc(65_536, 'A');
    for (const bytes of [
      whole.subarray(0, whole.length / 2),
      whole.subarray(0, 3),
      Buffer.alloc(0),
      garbage,
    ]) {
      writeFileSync(file, bytes);
      expect(await ctl(['version'])).toEqual({ stdout, stderr: '', exitCode: 0 });
    }
    rmSync(file);
    expect(await ctl(['version'])).toEqual({ stdout, stderr: '', exitCode: 0 });
  });
});
