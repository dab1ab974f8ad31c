import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { execa } from 'execa';
import { Daemon } from '../support/daemons.ts';
import { type RunOptions, runSupervisord } from '../support/run-supervisord.ts';
import { waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { fault } from './fault.ts';

const nobody = 65534;
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'faults-'));
  chmodSync(dir, 0o777);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A configuration that works, but for what is said. */
function configure(changes: Readonly<Record<string, string>> = {}, more = ''): string {
  const file = join(dir, 'supervisord.conf');
  const supervisord = { logfile: join(dir, 'log'), pidfile: join(dir, 'pid'), childlogdir: dir, ...changes };
  const { socket = join(dir, 'sock'), ...keys } = { socket: join(dir, 'sock'), ...supervisord };
  const lines = Object.entries(keys).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(file, `[unix_http_server]\nfile=${socket}\n[supervisord]\n${lines.join('')}${more}`);
  return file;
}

/**
 * Starts a daemon that must not come up: says so in one line, with this status, and leaves nothing behind.
 */
async function refused(file: string, status: 1 | 2, options: Partial<RunOptions> = {}): Promise<string> {
  const before = readdirSync(dir).sort();
  const { stdout, stderr, exitCode } = await runSupervisord(['-n', '-c', file], { cwd: dir, ...options });
  const lines = stderr.split('\n');
  expect(lines[0]).toMatch(/^Error: /);
  if (status === 2) expect(lines.slice(1)).toEqual([expect.stringMatching(/^For help, use \S+ -h$/)]);
  else expect(lines).toHaveLength(1);
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: status });
  expect(readdirSync(dir).sort()).toEqual(before);
  return stderr;
}

function written(text: string | Buffer): string {
  const file = join(dir, 'supervisord.conf');
  writeFileSync(file, text);
  return file;
}

fault('the configuration file does not exist', () => refused('missing.conf', 2));

fault('the configuration file is a directory', () => refused('/tmp', 2));

fault(
  'the configuration file cannot be read',
  () => {
    const file = configure();
    chmodSync(file, 0o600);
    return refused(file, 2, { prefix: asNobody });
  },
  { needsRoot: true },
);

fault('a password file cannot be read', () => {
  const socket = `${join(dir, 'sock')}\nusername=u\npassword_file=/no/such/file`;
  return refused(configure({ socket }), 2);
});

fault('a strict configuration gives rise to a warning', () => {
  chmodSync(dir, 0o755);
  return refused(configure({ strict: 'true' }, '[nonsense]\n'), 2);
});

fault('the configuration file is empty', () => refused(written(''), 2));
fault('the configuration file is not text', () => refused(written(Buffer.from([0xff, 0xfe, 0x00, 0x80])), 2));
fault('a line stands before the first section', () => refused(written('logfile=x\n[supervisord]\n'), 2));
fault('a line is neither a section nor a key', () => refused(written('[supervisord]\nnonsense\n'), 2));
fault('a value cannot be read', () =>
  refused(configure({}, '[program:a]\ncommand=/bin/cat\nstartsecs=soon\n'), 2),
);
fault('a value names a variable that does not exist', () =>
  refused(configure({}, '[program:a]\ncommand=%(nope)s\n'), 2),
);
fault('a program has no command', () => refused(configure({}, '[program:a]\n'), 2));
fault('a program names an unknown user', () =>
  refused(configure({}, '[program:a]\ncommand=/bin/cat\nuser=no-such-user\n'), 2),
);
fault('the directory of a program log does not exist', () =>
  refused(configure({}, '[program:a]\ncommand=/bin/cat\nstdout_logfile=/no/such/directory/log\n'), 2),
);
fault('the directory of the log does not exist', () =>
  refused(configure({ logfile: '/no/such/directory/log' }), 2),
);
fault('the directory of the pidfile does not exist', () =>
  refused(configure({ pidfile: '/no/such/directory/pid' }), 2),
);
fault('childlogdir does not exist', () => refused(configure({ childlogdir: '/no/such/directory' }), 2));
fault('the directory of the socket does not exist', () =>
  refused(configure({ socket: join(dir, 'no/such/sock') }), 2),
);
fault('the path of the socket is too long', () =>
  refused(configure({ socket: join(dir, 'x'.repeat(120)) }), 2),
);
fault('something that is no socket is in the place of the socket', () => {
  writeFileSync(join(dir, 'sock'), 'precious');
  return refused(configure(), 2);
});

fault('another program listens on the socket', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(join(dir, 'sock'), resolve);
  });
  try {
    return await refused(configure(), 2);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

fault(
  'the directory of the socket is not writable',
  () => {
    mkdirSync(join(dir, 'closed'), { mode: 0o555 });
    return refused(configure({ socket: join(dir, 'closed', 'sock') }), 2, { prefix: asNobody });
  },
  { needsRoot: true },
);

fault('the log is a directory', () => {
  mkdirSync(join(dir, 'log'));
  return refused(configure(), 1);
});

fault(
  'the log is not writable',
  () => {
    writeFileSync(join(dir, 'log'), '', { mode: 0o644 });
    return refused(configure(), 1, { prefix: asNobody });
  },
  { needsRoot: true },
);

fault('the runtime directory is something else', async () => {
  const file = configure();
  writeFileSync(join(dir, 'sock.d'), '');
  const { stderr, exitCode } = await runSupervisord(['-n', '-s', '-c', file], { cwd: dir });
  expect(exitCode).toBe(1);
  expect(stderr.split('\n')).toHaveLength(1);
  expect(existsSync(join(dir, 'sock'))).toBe(false);
  return stderr;
});

fault('a second daemon without a server has the same pidfile', async () => {
  const file = join(dir, 'no-server.conf');
  writeFileSync(
    file,
    `[supervisord]
logfile=${join(dir, 'log')}
pidfile=${join(dir, 'pid')}
childlogdir=${dir}
[program:a]
command=/bin/cat
stdout_logfile=NONE
stderr_logfile=NONE
`,
  );
  const first = execa(resolve('bin/supervisord'), ['-n', '-s', '-c', file], { reject: false });
  await waitFor(() => existsSync(join(dir, 'pid')), { what: 'the first daemon' });
  const logged = readFileSync(join(dir, 'log'), 'utf8');
  const { stderr, exitCode } = await runSupervisord(['-n', '-s', '-c', file], { cwd: dir });
  expect(exitCode).toBe(1);
  expect(readFileSync(join(dir, 'pid'), 'utf8')).toBe(`${first.pid}\n`);
  expect(readFileSync(join(dir, 'log'), 'utf8').startsWith(logged)).toBe(true);
  expect(readFileSync(join(dir, 'log'), 'utf8').match(/started with pid/g)).toHaveLength(1);

  // Somebody who tidies up takes the lock away, too.
  rmSync(join(dir, 'pid.d'), { recursive: true });
  const again = await runSupervisord(['-n', '-s', '-c', file], { cwd: dir });
  expect([again.exitCode, again.stderr]).toEqual([exitCode, stderr]);
  expect(existsSync(join(dir, 'pid.d'))).toBe(false);

  first.kill();
  expect((await first).exitCode).toBe(0);
  return stderr;
});

fault(
  'the daemon may not raise a limit',
  () =>
    refused(configure({ minfds: '5000' }), 2, {
      prefix: [...asNobody, '/bin/sh', '-c', 'ulimit -n 1000; exec "$@"', 'sh'],
    }),
  { needsRoot: true },
);

/** Starts a daemon that comes up all the same, and lets `then` look at it. */
async function tolerated(
  options: {
    readonly configuration: string;
    readonly supervisord?: string;
    readonly prefix?: readonly string[];
  },
  prepare: (daemon: Daemon) => void,
  then: (daemon: Daemon) => Promise<void>,
): Promise<string> {
  await using daemon = new Daemon({ implementation: 'ours', ...options });
  chmodSync(daemon.dir, 0o777);
  if (options.prefix === asNobody) chownSync(daemon.dir, nobody, nobody);
  prepare(daemon);
  await daemon.start();
  await then(daemon);
  return readFileSync(daemon.logfile, 'utf8') + daemon.output;
}

const healthy = '[program:healthy]\ncommand=/bin/sleep 1000\nstartsecs=0\n';

fault(
  'an included file cannot be read',
  () =>
    tolerated(
      { configuration: `[include]\nfiles=%(here)s/more.conf\n${healthy}`, prefix: asNobody },
      (daemon) =>
        writeFileSync(join(daemon.dir, 'more.conf'), '[program:other]\ncommand=/bin/cat\n', { mode: 0o600 }),
      (daemon) => waitForState(daemon, 'healthy', 'RUNNING'),
    ),
  { needsRoot: true },
);

fault('no file matches an include', () =>
  tolerated(
    { configuration: `[include]\nfiles=%(here)s/conf.d/*.conf\n${healthy}` },
    () => {},
    (daemon) => waitForState(daemon, 'healthy', 'RUNNING'),
  ),
);

fault('the pidfile cannot be written', () =>
  tolerated(
    { configuration: healthy },
    (daemon) => mkdirSync(daemon.pidfile),
    async (daemon) => {
      await waitForState(daemon, 'healthy', 'RUNNING');
      await waitForLog(daemon, 'could not write pidfile');
    },
  ),
);

fault('the log of a program cannot be opened', () =>
  tolerated(
    {
      configuration: `[program:ill]\ncommand=/bin/cat\nstartretries=0\nstdout_logfile=%(here)s/taken\n${healthy}`,
    },
    (daemon) => mkdirSync(join(daemon.dir, 'taken')),
    async (daemon) => {
      await waitForState(daemon, 'ill', 'FATAL');
      await waitForState(daemon, 'healthy', 'RUNNING');
    },
  ),
);

fault(
  'childlogdir is not writable',
  () =>
    tolerated(
      {
        configuration: `[program:ill]\ncommand=/bin/cat\nstartretries=0\n[program:healthy]\ncommand=/bin/sleep 1000\nstdout_logfile=NONE\nstderr_logfile=NONE\nstartsecs=0\n`,
        supervisord: 'childlogdir=/usr',
        prefix: asNobody,
      },
      (daemon) => {
        const text = readFileSync(daemon.configurationFile, 'utf8');
        writeFileSync(daemon.configurationFile, text.replace(/^childlogdir=\/tmp.*\n/m, ''));
      },
      async (daemon) => {
        await waitForState(daemon, 'ill', 'FATAL');
        await waitForState(daemon, 'healthy', 'RUNNING');
      },
    ),
  { needsRoot: true },
);
