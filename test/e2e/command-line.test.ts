import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BackgroundDaemon } from '../support/background-daemon.ts';
import { Daemon } from '../support/daemons.ts';
import { bin, runSupervisord } from '../support/run-supervisord.ts';
import { openDescriptors, procStatus, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

describe('the options of a running daemon', () => {
  it('each go before the same key in the file', async () => {
    const place = mkdtempSync(join(tmpdir(), 'options-'));
    // When the daemon, which writes there, has ended.
    using _ = { [Symbol.dispose]: () => rmSync(place, { recursive: true, force: true }) };
    const logs = join(place, 'child-logs');
    mkdirSync(logs);
    const supervisord =
      'loglevel=info\nidentifier=file\nlogfile_maxbytes=50MB\nlogfile_backups=7\nminfds=1024\nminprocs=100\nnodaemon=true\n';
    await using daemon = new Daemon({
      implementation: 'ours',
      supervisord,
      configuration:
        '[program:a]\ncommand=/bin/sh -c "ulimit -S -n; ulimit -u"\nstartsecs=0\nautorestart=false\n' +
        '[program:colours]\ncommand=/usr/bin/printf "\\033[1mbold\\033[0m"\nstartsecs=0\nautorestart=false\n',
      prefix: ['/bin/sh', '-c', 'ulimit -S -n 1024; exec "$@"', 'sh'],
      args: [
        '-s',
        '-t',
        '-k',
        '-l',
        join(place, 'main.log'),
        '-y',
        '5KB',
        '-z1',
        '--loglevel=trace',
        '-j',
        join(place, 'main.pid'),
        '-i',
        'line',
        '-q',
        logs,
        '-a',
        '1100',
        '--minprocs',
        '120',
        '-u',
        userInfo().username,
        '--profile_options=cumulative,calls',
      ],
    });
    await daemon.start();
    await waitForState(daemon, 'a', 'EXITED');
    await waitForState(daemon, 'colours', 'EXITED');
    expect(daemon.output).toBe('');
    expect(existsSync(daemon.logfile)).toBe(false);
    expect(existsSync(daemon.pidfile)).toBe(false);
    expect(readFileSync(join(place, 'main.pid'), 'utf8')).toBe(`${daemon.pid}\n`);
    expect(await daemon.rpc('supervisor.getIdentification')).toBe('line');
    const names = readdirSync(logs);
    const [log = ''] = names.filter((name) => /^a-stdout---line-.{8}\.log$/.test(name));
    expect(readFileSync(join(logs, log), 'utf8')).toMatch(/^1100\n/);
    const [colours = ''] = names.filter((name) => name.startsWith('colours-stdout'));
    expect(readFileSync(join(logs, colours), 'utf8')).toBe('bold');
    // Access lines come at this level; they fill more than two files of that size.
    for (let call = 0; call < 60; call += 1) await daemon.rpc('supervisor.getState');
    await waitFor(() => existsSync(join(place, 'main.log.1')));
    expect(readFileSync(join(place, 'main.log.1'), 'utf8')).toMatch(/ TRAC /);
    expect(existsSync(join(place, 'main.log.2'))).toBe(false);
    await daemon.stop();
    await daemon.start();
    expect(readdirSync(logs).filter((name) => name.startsWith('a-stdout'))).toHaveLength(2);
  });

  it('act in the background too: umask and directory', async () => {
    await using daemon = new BackgroundDaemon('', 'umask=022\ndirectory=/');
    const { exitCode } = await daemon.start(['--umask=027', '-d', '/usr']);
    expect(exitCode).toBe(0);
    expect(realpathSync(`/proc/${daemon.pid}/cwd`)).toBe('/usr');
    expect(procStatus(daemon.pid ?? 0, 'Umask')).toBe('0027');
  });

  it('survive a restart', async () => {
    await using daemon = new Daemon({ implementation: 'ours', configuration: '', args: ['-i', 'line'] });
    await daemon.start();
    daemon.kill('SIGHUP');
    const restarts = (): number => daemon.logText().split('supervisord started with pid').length - 1;
    await waitFor(() => restarts() === 2);
    await waitFor(() =>
      daemon.rpc('supervisor.getIdentification').then(
        (name) => name === 'line',
        () => false,
      ),
    );
  });

  it('leave nothing open behind from one life to the next', async () => {
    await using daemon = new Daemon({ implementation: 'ours', configuration: '' });
    await daemon.start();
    const lives = (): number => daemon.logText().split('supervisord started with pid').length - 1;
    const descriptors: number[] = [];
    for (let life = 1; life <= 4; life += 1) {
      await waitFor(() => lives() === life, { what: `life ${life}` });
      await waitFor(() => daemon.rpc('supervisor.getState').then(Boolean, () => false));
      descriptors.push(openDescriptors(daemon.pid));
      daemon.kill('SIGHUP');
    }
    expect(descriptors.slice(1)).toEqual([descriptors[1], descriptors[1], descriptors[1]]);
  });
});

describe('options that end at once', () => {
  let dir: string;
  beforeEach(() => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), 'command-line-')));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const file = (text: string): string => {
    const path = join(dir, 'supervisord.conf');
    writeFileSync(path, text);
    return path;
  };

  it('print the version, and the options', async () => {
    const version = await runSupervisord(['-v'], { cwd: dir });
    expect(version).toEqual({ stdout: expect.stringMatching(/^\d+\.\d+\.\d+$/), stderr: '', exitCode: 0 });
    for (const flag of ['-h', '--help', '-?']) {
      const { stdout, stderr, exitCode } = await runSupervisord([flag], { cwd: dir });
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
      expect(stdout).toContain('--nodaemon');
    }
  });

  it('refuse what is no option, and no value, with one line and status 2', async () => {
    const path = file('[supervisord]\n');
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['--bad'], /^Error: option --bad not recognized$/],
      [['--min', '3'], /^Error: option --min not a unique prefix$/],
      [['foo'], /^Error: positional arguments are not supported: \['foo'\]$/],
      [['-n', '-n'], /^Error: conflicting command line option '-n'$/],
      [['-e', 'foo'], /^Error: invalid value for -e 'foo': /],
      [['-z'], /^Error: option -z requires argument$/],
      [['-m', '9'], /^Error: invalid value for -m '9': /],
      [['-d', '/no/such/directory'], /^Error: invalid value for -d '\/no\/such\/directory': /],
      [['-j', '/no/such/directory/pid'], /^Error: invalid value for -j /],
    ];
    for (const [args, message] of cases) {
      const { stdout, stderr, exitCode } = await runSupervisord(['-c', path, ...args], { cwd: dir });
      const [line = '', help, ...rest] = stderr.split('\n');
      expect(line).toMatch(message);
      expect(help).toMatch(/^For help, use \S+ -h$/);
      expect({ rest, stdout, exitCode }).toEqual({ rest: [], stdout: '', exitCode: 2 });
    }
  });

  it('check a configuration: what it means and status 0, or what is wrong and status 2; and touch nothing', async () => {
    const good = `[supervisord]
logfile=%(here)s/log
pidfile=%(here)s/pid
[unix_http_server]
file=%(here)s/socket
[program:web]
command=/bin/cat
numprocs=2
process_name=%(program_name)s_%(process_num)d
[program:odd]
command=/bin/cat
startsec=3
`;
    const sound = await runSupervisord(['--check', '-c', file(good)], { cwd: dir });
    expect(sound.exitCode).toBe(0);
    expect(sound.stderr).toBe('');
    expect(sound.stdout).toContain('web:web_0');
    expect(sound.stdout).toContain('web:web_1');
    expect(sound.stdout).toContain('startsec');
    expect(readdirSync(dir)).toEqual(['supervisord.conf']);

    const path = file(`${good}[program:bad]\n[program:worse]\ncommand=/bin/cat\nstartsecs=soon\n`);
    const broken = await runSupervisord(['--check', '-c', path], { cwd: dir });
    expect(broken.exitCode).toBe(2);
    expect(broken.stdout).toBe('');
    expect(broken.stderr.split('\n')).toEqual([
      expect.stringContaining(`${path}:`),
      expect.stringContaining('startsecs'),
    ]);
    expect(readdirSync(dir)).toEqual(['supervisord.conf']);
  });

  it('find the configuration in the working directory; root is warned', async () => {
    file('[supervisord]\n');
    const { stdout, stderr, exitCode } = await runSupervisord(['--check'], { cwd: dir });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${dir}/supervisord.conf: ok`);
    const warning = 'Supervisord is running as root and it is searching for its configuration file';
    expect(stderr.includes(warning)).toBe(process.getuid?.() === 0);
  });

  it('find the configuration beside the directory of the command, before the working directory', async () => {
    const [base, cwd] = [join(dir, 'base'), join(dir, 'cwd')];
    for (const path of [join(base, 'bin'), join(base, 'etc'), cwd]) mkdirSync(path, { recursive: true });
    symlinkSync(`${bin}/supervisord`, join(base, 'bin', 'supervisord'));
    writeFileSync(join(cwd, 'supervisord.conf'), '[supervisord]\n');
    writeFileSync(join(base, 'supervisord.conf'), '[supervisord]\n');
    const found = async (): Promise<string> => {
      const command = join(base, 'bin', 'supervisord');
      const { stdout } = await runSupervisord(['--check'], { cwd, command });
      return stdout.split(': ok')[0] ?? '';
    };
    expect(await found()).toBe(join(base, 'supervisord.conf'));
    writeFileSync(join(base, 'etc', 'supervisord.conf'), '[supervisord]\n');
    expect(await found()).toBe(join(base, 'etc', 'supervisord.conf'));
  });

  it('say where they looked when there is no configuration', async () => {
    // The system's own places may have one.
    if (existsSync('/etc/supervisord.conf') || existsSync('/etc/supervisor/supervisord.conf')) return;
    chmodSync(dir, 0o755);
    const { stderr, exitCode } = await runSupervisord([], { cwd: dir });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Error: No config file found at default paths (');
  });
});
