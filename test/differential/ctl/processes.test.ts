import { describe, expect, it } from '@jest/globals';
import { startDaemon } from '../../support/daemons.ts';
import { describeWithPeer } from '../../support/peer.ts';
import { waitFor } from '../../support/wait-for.ts';
import { compare, ctl, normalize, until } from './compare.ts';
import { program, ready, several } from './several-programs.ts';

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
        ctl('tail cat'),
      ],
    ));

  // supervisord takes a second for each process.
  it('clear all', () =>
    compare(program('says', 'command=/bin/sh -c "echo much; exec cat"\nstartsecs=0'), [
      until('says', 'RUNNING'),
      ctl('clear all'),
      ctl('tail says'),
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
});

describeWithPeer('our supervisorctl, where it is meant to differ', () => {
  it('exits with 1 when a log cannot be followed', async () => {
    await using daemon = await startDaemon({ implementation: 'real', configuration: several });
    const ours = await daemon.ctl('ours', ['tail', '-f', 'nosuch']);
    const real = await daemon.ctl('real', ['tail', '-f', 'nosuch']);
    expect(ours).toEqual({ ...real, exitCode: 1 });
  });

  it('opens the shell after an action with -i', async () => {
    await using daemon = await startDaemon({ implementation: 'real', configuration: '' });
    const [ours, real] = await Promise.all([
      daemon.ctl('ours', ['-i', 'version'], { input: 'pid\n' }),
      daemon.ctl('real', ['-i', 'version'], { input: 'pid\n' }),
    ]);
    expect(ours).toEqual({ ...real, stdout: `${real.stdout}supervisor> ${daemon.pid}\nsupervisor> \n` });
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
