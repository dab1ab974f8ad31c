import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { bin, runSupervisord } from '../support/run-supervisord.ts';
import { waitFor } from '../support/wait-for.ts';

const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

describe('supervisord --password-hash', () => {
  const hash = (input: string) =>
    execa(`${bin}/supervisord`, ['--password-hash'], { input, reject: false, timeout: 60_000 });

  it('makes a hash that a server takes for the password, and supervisorctl sends the password', async () => {
    const { stdout, exitCode } = await hash('pass:wörd\nmore\n');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\{SCRYPT\}ln=15,r=8,p=3\$[\w+/]+={0,2}\$[\w+/]+={0,2}$/);
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: '',
      credentials: `username=admin\npassword=${stdout}\n`,
    });
    const ctl = (...words: string[]) =>
      execa(`${bin}/supervisorctl`, ['-s', `unix://${daemon.socket}`, ...words, 'pid'], {
        reject: false,
        input: '',
      });
    expect((await ctl('-u', 'admin', '-p', 'pass:wörd')).stdout).toBe(String(daemon.pid));
    for (const wrong of ['pass:word', '', stdout]) {
      expect((await ctl('-u', 'admin', '-p', wrong)).stdout).not.toContain(String(daemon.pid));
    }
  });

  it('makes another one each time', async () => {
    const [one, other] = await Promise.all([hash('x\n'), hash('x')]);
    expect(one.stdout).not.toBe(other.stdout);
  });

  it('makes none of nothing', async () => {
    for (const input of ['', '\n']) {
      const { stdout, stderr, exitCode } = await hash(input);
      expect([stdout, stderr, exitCode]).toEqual(['', 'Error: no password given', 1]);
    }
  });
});

describe('a password file', () => {
  it('is shared by server and client, and counts anew after a restart', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      configuration: '',
      credentials: 'username=admin\npassword_file=secret\n',
    });
    const secret = join(daemon.dir, 'secret');
    writeFileSync(secret, 'first\n', { mode: 0o600 });
    await daemon.start();
    const pid = async (): Promise<string> => (await daemon.ctl('ours', ['pid'])).stdout;
    expect(await pid()).toBe(`${daemon.pid}\n`);
    writeFileSync(secret, 'second\n');
    expect((await daemon.ctl('ours', ['reread'])).stdout).toContain('authentication');
    expect((await daemon.ctl('ours', ['-p', 'first', 'reread'])).stdout).toBe(
      'No config updates to processes\n',
    );
    expect(await pid()).not.toBe(`${daemon.pid}\n`);
    await daemon.ctl('ours', ['-p', 'first', 'reload']);
    await waitFor(async () => (await pid()) === `${daemon.pid}\n`);
    rmSync(secret);
    const { stdout } = await daemon.ctl('ours', ['-p', 'second', 'reload']);
    expect(stdout).toContain('cannot read the password file: ENOENT');
    expect((await daemon.ctl('ours', ['pid'])).exitCode).toBe(2);
  });
});

describe('strict', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'strict-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const configuration = (lines: string): string => {
    const file = join(dir, 'supervisord.conf');
    writeFileSync(file, `[supervisord]\nstrict=true\nlogfile=${dir}/log\npidfile=${dir}/pid\n${lines}`);
    return file;
  };

  it('refuses to start before anything is touched, and --check says the same', async () => {
    const file = configuration(`[inet_http_server]\nport=*:${await freePort()}\n[nonsense]\n`);
    const lines = [
      /^Error: .*supervisord\.conf:6: \[inet_http_server\] port: .* \(refused: strict=true\)$/,
      /^Error: .*supervisord\.conf:7: \[nonsense\]: unknown section \(refused: strict=true\)$/,
      /^For help, use /,
    ];
    const { stderr, exitCode } = await runSupervisord(['-n', '-c', file], { cwd: dir });
    expect(exitCode).toBe(2);
    expect(stderr.split('\n')).toEqual(
      expect.arrayContaining(lines.map((line) => expect.stringMatching(line))),
    );
    expect([existsSync(`${dir}/log`), existsSync(`${dir}/pid`)]).toEqual([false, false]);
    const checked = await runSupervisord(['--check', '-c', file], { cwd: dir });
    expect([checked.exitCode, checked.stdout]).toEqual([2, '']);
    expect(checked.stderr.match(/\(refused: strict=true\)$/gm)).toHaveLength(2);
  });

  itAsRoot('refuses a file that others can change', async () => {
    const file = configuration('');
    chmodSync(file, 0o666);
    const { stderr, exitCode } = await runSupervisord(['-n', '-c', file], { cwd: dir });
    expect([exitCode, stderr.split('\n')[0]]).toEqual([
      2,
      `Error: ${file}: everybody can change it (mode 666), and so decide what root runs (refused: strict=true)`,
    ]);
  });
});

describe('an open daemon', () => {
  itAsRoot('says so in its log and to who asks, at the start and when it reads its files again', async () => {
    const port = await freePort();
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: `[inet_http_server]\nport=127.0.0.1:${port}\n`,
    });
    const server =
      '[inet_http_server] asks for no password: every user of this machine can control the programs';
    expect(await daemon.rpc('monitor.getWarnings')).toEqual([server]);
    expect(statSync(daemon.configurationFile).mode & 0o777).toBe(0o644);
    chmodSync(daemon.configurationFile, 0o666);
    await daemon.rpc('supervisor.reloadConfig');
    const file = `${daemon.configurationFile}: everybody can change it (mode 666), and so decide what root runs`;
    expect(await daemon.rpc('monitor.getWarnings')).toEqual([server, file]);
    await daemon.stop();
    const log = readFileSync(daemon.logfile, 'utf8');
    expect(log).toContain(` WARN ${file}\n`);
    expect(log).toContain("CRIT Server 'inet_http_server' running without any HTTP authentication checking");
  });
});
