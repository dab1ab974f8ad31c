import { describe, expect, it, jest } from '@jest/globals';
import { commands } from '../../../ctl/commands.ts';
import { startDaemon } from '../../support/daemons.ts';
import { describeWithPeer } from '../../support/peer.ts';
import { waitFor } from '../../support/wait-for.ts';
import { compare, configure, ctl, normalize, until } from './compare.ts';

// Two daemons and some forty commands a test, half of them Python.
jest.setTimeout(120_000);

const program = (name: string, lines: string): string => `[program:${name}]\n${lines}\n`;

const several = [
  program(
    'cat',
    'command=/bin/cat\nstartsecs=0\nstdout_logfile=%(here)s/cat.out\nstderr_logfile=%(here)s/cat.err',
  ),
  program('nolog', 'command=/bin/cat\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE'),
  program('pair', 'command=/bin/cat\nstartsecs=0\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)d'),
  program('down', 'command=/bin/cat\nstartsecs=0\nautostart=false'),
  program('quick', 'command=/bin/false\nautostart=false\nstartretries=0'),
  program('gone', 'command=/nonexistent/program\nautostart=false'),
  program('notexec', 'command=/etc/passwd\nautostart=false'),
  program('one', 'command=/bin/sleep 1000\nstartsecs=0\npriority=1'),
  program('two', 'command=/bin/sleep 1000\nstartsecs=0\nautostart=false'),
  '[group:both]\nprograms=one,two\npriority=5\n',
].join('');

const ready = ['cat', 'nolog', 'pair:pair_0', 'pair:pair_1', 'both:one'].map((name) =>
  until(name, 'RUNNING'),
);

describeWithPeer('our supervisorctl and the real one do alike with', () => {
  it('status', () =>
    compare(several, [
      ...ready,
      ctl('status'),
      ctl('status all'),
      ctl('status cat'),
      ctl('status cat both:one cat'),
      ctl('status both:*'),
      ctl('status both:'),
      ctl('status nosuch both:* x:* cat x:y'),
      ctl('status nosuch'),
      ctl('status nosuch cat'),
      ctl('status -x'),
      ctl('status -- cat'),
      { type: 'ctl', args: ['status cat   nolog'] },
    ]));

  it('start', () =>
    compare(several, [
      ...ready,
      ctl('start'),
      ctl('start cat'),
      ctl('start down'),
      ctl('start nosuch down'),
      ctl('start gone'),
      ctl('start notexec'),
      ctl('start quick'),
      ctl('start x:*'),
      ctl('start both:*'),
      ctl('start both:*'),
      ctl('start pair:pair_0 nosuch:x'),
      ctl('start quick nosuch'),
      ctl('start nosuch quick'),
      ctl('stop cat'),
      ctl('start all'),
    ]));

  it('stop, restart and signal', () =>
    compare(several, [
      ...ready,
      ctl('stop'),
      ctl('stop down'),
      ctl('stop nosuch'),
      ctl('stop x:*'),
      ctl('stop cat'),
      ctl('stop both:*'),
      ctl('status both:*'),
      ctl('restart'),
      ctl('restart cat'),
      ctl('restart cat nosuch'),
      ctl('restart both:*'),
      ctl('restart x:'),
      ctl('signal'),
      ctl('signal HUP'),
      ctl('signal NOSUCH cat'),
      ctl('signal 0 cat'),
      ctl('signal SIGWINCH cat nolog'),
      ctl('signal CONT pair:*'),
      ctl('signal CONT down'),
      ctl('signal CONT nosuch x:*'),
      ctl('signal CONT all'),
      ctl('restart pair:*'),
      ctl('stop all'),
      ctl('stop all'),
    ]));

  it('pid', () =>
    compare(several, [
      ...ready,
      ctl('pid'),
      ctl('pid cat'),
      ctl('pid cat down nosuch'),
      ctl('pid all'),
      ctl('pid both:*'),
    ]));

  it('tail, maintail and clear', () =>
    compare(
      `${several}${program('says', 'command=/bin/sh -c "seq 1000; echo trouble >&2; exec cat"\nstartsecs=0')}`,
      [
        ...ready,
        until('says', 'RUNNING'),
        ctl('stop says'),
        ctl('tail says'),
        ctl('tail -20 says'),
        ctl('tail -0 says'),
        ctl('tail -1 says stdout'),
        ctl('tail says stderr'),
        ctl('tail -5 says STDERR'),
        ctl('tail-5 says'),
        ctl('tail'),
        ctl('tail -5'),
        ctl('tail says nosuch'),
        ctl('tail a b c d'),
        ctl('tail -x says'),
        ctl('tail nolog'),
        ctl('tail nosuch'),
        ctl('tail both:*'),
        ctl('tail both:one'),
        ctl('maintail -0 x'),
        ctl('maintail x'),
        ctl('maintail -x'),
        ctl('clear'),
        ctl('clear nosuch both:nosuch'),
        ctl('clear cat nolog'),
        ctl('clear all'),
        ctl('tail cat'),
      ],
    ));

  it('reread, update, add, remove and avail', () =>
    compare(several, [
      ...ready,
      ctl('reread'),
      ctl('reread x'),
      ctl('avail'),
      ctl('avail x'),
      ctl('add cat nosuch'),
      ctl('add'),
      ctl('remove cat nosuch'),
      configure(`${several}${program('later', 'command=/bin/cat\nstartsecs=0')}`),
      ctl('reread'),
      ctl('reread'),
      ctl('avail'),
      ctl('add later'),
      until('later', 'RUNNING'),
      ctl('stop later'),
      ctl('remove later'),
      ctl('update nosuch'),
      ctl('update later'),
      configure(
        `${several.replace('[program:cat]', '[program:cat]\npriority=3')}${program('new', 'command=/bin/cat\nstartsecs=0')}`,
      ),
      ctl('update'),
      ctl('update'),
      ctl('update all'),
      configure('[program:broken]\n'),
      ctl('reread'),
      // supervisor tells this in a line for developers; ours as it does for reread.
      { type: 'ctl', args: ['version'] },
    ]));

  it('help of everything', () => {
    const lines = [
      'help',
      ...[...commands.keys()].map((name) => `help ${name}`),
      '?',
      '?start',
      'help nosuch',
      'help a b',
    ];
    return compare('', [
      { type: 'ctl', args: ['-i'], input: lines.join('\n') },
      ctl('help'),
      ctl('help start'),
    ]);
  });

  it('version, open, quit and what is no command', () =>
    compare(several, [
      ctl('version'),
      ctl('version x'),
      ctl('open foo'),
      ctl('open http://localhost:1'),
      ctl('quit'),
      ctl('exit'),
      ctl('EOF'),
      ctl('quit now'),
      ctl('nosuch'),
      ctl('nosuch x'),
      ctl('!ls'),
      ctl('-- -x'),
      { type: 'ctl', args: [''] },
      { type: 'ctl', args: [' '] },
    ]));

  it('fg', () =>
    compare(several, [
      ...ready,
      ctl('fg'),
      ctl('fg a b'),
      ctl('fg nosuch'),
      ctl('fg down'),
      ctl('fg both:*'),
    ]));

  it('commands on a pipe', () =>
    compare(several, [
      ...ready,
      { type: 'ctl', args: ['-i'], input: '' },
      { type: 'ctl', args: ['-i'], input: 'version\n' },
      { type: 'ctl', args: ['-i'], input: 'version\n\n  \nstop cat\nstatus cat\nnosuch\nquit\nversion\n' },
      { type: 'ctl', args: ['-i'], input: 'version' },
      { type: 'ctl', args: ['-i'], input: 'reload\nn\nshutdown\n\nhelp pid\nexit\n' },
      { type: 'ctl', args: ['-i', '-s', 'unix:///nonexistent/s.sock'], input: 'version\n' },
    ]));

  it('reload and shutdown', () =>
    compare(several, [...ready, ctl('reload x'), ctl('shutdown x'), ctl('shutdown')]));

  it('reload, and a daemon that is back', () =>
    compare(program('cat', 'command=/bin/cat\nstartsecs=0'), [ctl('reload')]));
});

describeWithPeer('our supervisorctl, where it is meant to differ', () => {
  it('exits with 1 when a log cannot be followed', async () => {
    await using daemon = await startDaemon({ implementation: 'real', configuration: several });
    const ours = await daemon.ctl('ours', ['tail', '-f', 'nosuch']);
    const real = await daemon.ctl('real', ['tail', '-f', 'nosuch']);
    expect(ours).toEqual({ ...real, exitCode: 1 });
  });

  it('tells update of a broken configuration as it does reread', async () => {
    await using daemon = await startDaemon({ implementation: 'real', configuration: several });
    daemon.configure('[program:broken]\n');
    expect(await daemon.ctl('ours', ['update'])).toEqual(await daemon.ctl('ours', ['reread']));
  });

  it('clears the logs of a group', async () => {
    await using daemon = await startDaemon({ implementation: 'real', configuration: several });
    expect((await daemon.ctl('ours', ['clear', 'both:*'])).stdout).toBe(
      'both:one: cleared\nboth:two: cleared\n',
    );
  });

  it('ends fg with its input, having sent it and shown the answer', async () => {
    await using daemon = await startDaemon({ implementation: 'real', configuration: several });
    await waitFor(async () => (await daemon.ctl('real', ['status', 'cat'])).stdout.includes('RUNNING'));
    const { stdout, exitCode } = await daemon.ctl('ours', ['fg', 'cat'], { input: 'hello\n' });
    expect(stdout).toMatch(/^==> Press Ctrl-C to exit <==\n(hello\n)?Exiting foreground\n$/);
    expect(exitCode).toBe(0);
    await waitFor(async () => (await daemon.ctl('ours', ['tail', 'cat'])).stdout.includes('hello'));
  });
});

describe('normalization', () => {
  it('leaves everything else as it is', () => {
    expect(normalize('cat   RUNNING   pid 12, uptime 0:00:01\n0\n12\n', { dir: '/d' })).toBe(
      'cat   RUNNING   pid <pid>, uptime <time>\n0\n<pid>\n',
    );
  });
});
