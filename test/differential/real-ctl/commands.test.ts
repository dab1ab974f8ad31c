/** The real supervisorctl drives both daemons through one script. */
import { execa } from 'execa';
import type { Daemon } from '../../support/daemons.ts';
import { waitFor } from '../../support/wait-for.ts';
import { activityLinesOf } from '../steps/activity-lines.ts';
import { command, commandInAnyOrder, runCtl, withEitherEnd } from '../steps/command-lines.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';
import { waitForState } from '../steps/process-info.ts';
import { program, programSection } from '../steps/programs.ts';

const quick = ['startsecs=0', 'stdout_logfile=NONE', 'stderr_logfile=NONE'];
const cat = (name: string, ...lines: readonly string[]) =>
  programSection(name, 'command=/bin/cat', ...quick, ...lines);
const echo = programSection('echo', `command=${program('repeats-stdin')}`, 'startsecs=0');
const long = programSection(
  'long',
  `command=${program('prints-and-stays')} ${'0123456789'.repeat(40)}\\\\n abc`,
  'startsecs=0',
  'stdout_logfile=%(here)s/long.log',
);
const group = [
  cat('a'),
  cat('b', 'autostart=false', 'priority=1'),
  '[group:g]\nprograms=a,b\npriority=20\n',
].join('');

const configuration = [
  echo,
  long,
  cat('down', 'autostart=false'),
  cat('gone'),
  cat('edited', 'priority=3'),
  programSection('absent', 'command=/no/such/command', 'autostart=false', 'startretries=0', ...quick),
  programSection('noexec', `command=${program('is-not-executable')}`, 'autostart=false', ...quick),
  programSection(
    'quick',
    `command=${program('exits-with-status')} 0`,
    'autostart=false',
    'startretries=0',
    'startsecs=2',
  ),
  programSection('once', `command=${program('exits-with-status')} 0`, 'startsecs=0', 'autorestart=false'),
  group,
].join('');

const edited = [
  echo,
  long,
  cat('down', 'autostart=false'),
  cat('edited', 'priority=4'),
  cat('new'),
  cat('newer', 'autostart=false'),
  group,
].join('');

function configure(name: string, text: string): Step {
  return { name, run: (daemon) => daemon.configure(text) };
}

/** The first lines that a command prints which goes on for ever. */
async function firstLines(
  daemon: Daemon,
  args: readonly string[],
  isEnough: (output: string) => boolean,
  act: () => unknown = () => {},
): Promise<string> {
  const child = execa('/usr/bin/supervisorctl', ['-c', daemon.configurationFile, ...args], {
    reject: false,
    stdin: 'ignore',
    env: { PYTHONUNBUFFERED: '1', PYTHONIOENCODING: 'utf-8' },
  });
  let output = '';
  let hasActed = false;
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  try {
    await waitFor(
      async () => {
        if (!hasActed && output.includes('Ctrl-C')) {
          hasActed = true;
          await act();
        }
        return isEnough(output);
      },
      { what: `enough of supervisorctl ${args.join(' ')}, which says "${output}"` },
    );
  } finally {
    child.kill('SIGINT');
    await child;
  }
  // The empty line at the end is there or not, depending on what the client was doing when it was interrupted.
  return output.trimEnd();
}

compareDaemons('the real supervisorctl', {
  configuration,
  steps: [
    {
      name: 'the programs are up',
      async run(daemon) {
        for (const name of ['echo', 'long', 'gone', 'edited', 'g:a'])
          await waitForState(daemon, name, 'RUNNING');
        await waitForState(daemon, 'once', 'EXITED');
        await waitFor(async () => (await runCtl(daemon, 'real', ['tail', 'echo'])).lines.includes('ready'));
      },
    },
    command('status'),
    command('status all'),
    command('status echo down'),
    command('status g:* echo'),
    command('status nosuch g:nosuch nosuch:* echo'),
    command('status g'),
    command('start'),
    command('start down'),
    command('start down'),
    command('start nosuch absent noexec quick'),
    command('start g:*'),
    command('start g:*'),
    command('start nosuch:*'),
    command('status'),
    command('stop'),
    command('stop down down nosuch nosuch:*'),
    commandInAnyOrder('stop g:*'),
    command('stop g:*'),
    command('restart'),
    command('restart down edited'),
    command('restart nosuch'),
    commandInAnyOrder('restart g:*'),
    command('signal'),
    command('signal HUP'),
    command('signal CONT echo nosuch absent'),
    command('signal NOSUCH echo'),
    commandInAnyOrder('signal CONT g:*'),
    commandInAnyOrder('signal CONT all'),
    command('signal CONT nosuch:*'),
    {
      name: 'supervisorctl pid, of the daemon',
      run: async (daemon) => (await runCtl(daemon, 'real', ['pid'])).lines[0] === String(daemon.pid),
    },
    {
      name: 'supervisorctl pid with names',
      async run(daemon) {
        const { exitCode, lines } = await runCtl(daemon, 'real', ['pid', 'echo', 'absent', 'nosuch', 'g:*']);
        return { exitCode, lines: lines.map((line) => line.replace(/^[1-9]\d*$/, 'N')) };
      },
    },
    {
      name: 'supervisorctl pid all',
      async run(daemon) {
        const { exitCode, lines } = await runCtl(daemon, 'real', ['pid', 'all']);
        return { exitCode, lines: lines.map((line) => line.replace(/^[1-9]\d*$/, 'N')) };
      },
    },
    command('tail'),
    command('tail echo'),
    command('tail echo stderr'),
    command('tail long'),
    command('tail -20 long'),
    command('tail -0 long'),
    command('tail -x long'),
    command('tail long nochannel'),
    command('tail nosuch'),
    command('tail down'),
    command('tail g:*'),
    command('tail a b c d'),
    {
      name: 'supervisorctl tail -f, with what comes later',
      run: (daemon) =>
        firstLines(
          daemon,
          ['tail', '-f', 'echo'],
          (output) => output.includes('out later\n'),
          () => daemon.rpc('supervisor.sendProcessStdin', 'echo', 'later\n'),
        ),
    },
    {
      name: 'supervisorctl tail -f of stderr',
      run: (daemon) =>
        firstLines(daemon, ['tail', '-f', 'echo', 'stderr'], (output) => output.includes('err later\n')),
    },
    {
      name: 'supervisorctl tail -f of what has no log',
      async run(daemon) {
        const { stdout, stderr, exitCode } = await daemon.ctl('real', ['tail', '-f', 'down']);
        return { stdout, stderr, exitCode };
      },
    },
    {
      name: 'supervisorctl fg, which sends lines and shows what comes back',
      async run(daemon) {
        const child = execa('/usr/bin/supervisorctl', ['-c', daemon.configurationFile, 'fg', 'echo'], {
          reject: false,
          env: { PYTHONUNBUFFERED: '1' },
        });
        let output = '';
        child.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString();
        });
        try {
          await waitFor(() => output.includes('Ctrl-C'), { what: 'fg to begin' });
          child.stdin.write('typed\n');
          await waitFor(() => output.includes('out typed') && output.includes('err typed'), {
            what: 'the echo',
          });
        } finally {
          // Its reader thread outlives an interrupt.
          child.kill('SIGKILL');
          await child;
        }
        return output.split('\n').toSorted();
      },
    },
    command('fg'),
    command('fg nosuch'),
    command('fg absent'),
    command('fg a b'),
    {
      name: 'supervisorctl maintail -f',
      async run(daemon) {
        const output = await firstLines(
          daemon,
          ['maintail', '-f'],
          (text) => text.includes("spawned: 'down'"),
          () => daemon.rpc('supervisor.startProcess', 'down'),
        );
        return activityLinesOf(output, daemon)
          .filter((line) => line.includes("spawned: 'down'"))
          .at(-1);
      },
    },
    {
      name: 'supervisorctl maintail',
      async run(daemon) {
        const { exitCode, lines } = await runCtl(daemon, 'real', ['maintail', '-100000']);
        const text = lines.join('\n');
        return { exitCode, ends: text.endsWith('\n\n'), spawned: activityLinesOf(text, daemon).at(-1) };
      },
    },
    command('maintail x y'),
    command('maintail -x'),
    command('clear'),
    command('clear echo nosuch'),
    command('tail echo'),
    command('clear g:*'),
    command('avail'),
    command('avail x'),
    command('reread'),
    command('update'),
    configure('a group is new, one has changed, one is gone', edited),
    command('reread'),
    command('reread'),
    command('reread x'),
    command('avail'),
    command('update nosuch'),
    command('update newer nosuch'),
    command('add new'),
    command('add new nosuch'),
    command('remove gone nosuch'),
    command('stop gone'),
    command('remove gone'),
    command('add'),
    command('remove'),
    command('update'),
    command('update'),
    { name: 'all are up again', run: (daemon) => waitForState(daemon, 'edited', 'RUNNING') },
    command('status'),
    configure('the configuration is broken', '[program:x]\n'),
    command('reread'),
    command('status echo'),
    configure('the configuration is sound again', configuration),
    commandInAnyOrder('update'),
    withEitherEnd('once', commandInAnyOrder('restart all')),
    commandInAnyOrder('stop all'),
    commandInAnyOrder('start g:a echo'),
    command('nosuch'),
    command('help'),
    command('version x'),
    command('shutdown x'),
    command('reload x'),
    command('open ftp://x'),
    {
      name: 'the shell on a pipe',
      run: (daemon) => runCtl(daemon, 'real', [], 'status echo\npid nosuch\n\nhelp start\nquit\n'),
    },
  ],
});

// supervisord takes a second for each process, or group, of these.
compareDaemons('the real supervisorctl, with few programs', {
  configuration: [echo, group].join(''),
  steps: [
    {
      name: 'the programs are up',
      async run(daemon) {
        for (const name of ['echo', 'g:a']) await waitForState(daemon, name, 'RUNNING');
        await waitFor(async () => (await runCtl(daemon, 'real', ['tail', 'echo'])).lines.includes('ready'));
      },
    },
    command('clear all'),
    command('tail echo'),
    {
      name: 'supervisorctl reload',
      async run(daemon) {
        const answer = await runCtl(daemon, 'real', ['reload']);
        await waitFor(() => (daemon.logText().match(/supervisord started with pid/g) ?? []).length === 2, {
          what: 'the restart',
        });
        await waitFor(async () => (await daemon.ctl('real', ['status', 'g:a'])).stdout.includes('RUNNING'));
        return { answer, pid: (await runCtl(daemon, 'real', ['pid'])).lines[0] === String(daemon.pid) };
      },
    },
    {
      name: 'supervisorctl shutdown',
      async run(daemon) {
        const answer = await runCtl(daemon, 'real', ['shutdown']);
        return { answer, ended: await daemon.ended() };
      },
    },
    command('status'),
    command('shutdown'),
  ],
});
