import { expect, it } from '@jest/globals';
import { commands } from '../../../ctl/commands.ts';
import { startDaemon } from '../../support/daemons.ts';
import { describeWithPeer } from '../../support/peer.ts';
import { program as fixture } from '../steps/programs.ts';
import { compare, configure, ctl, until, untilLog } from './compare.ts';
import { program, ready, several } from './several-programs.ts';

describeWithPeer('our supervisorctl and the real one do alike with', () => {
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

  // The list of all commands has two more here: test/ctl/commands/information.test.ts looks at its layout.
  it('help of everything', () => {
    const names = [...commands.keys()].filter((name) => name !== 'upgrade' && name !== 'schedule');
    const lines = [...names.map((name) => `help ${name}`), '?start', 'help nosuch', 'help a b'];
    return compare('', [{ type: 'ctl', args: ['-i'], input: lines.join('\n') }, ctl('help start')]);
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

  it('everything while the daemon shuts down', () => {
    const lines = [
      ...['status', 'start', 'start x', 'stop all', 'restart x', 'signal', 'signal HUP x', 'tail', 'tail x'],
      ...['maintail', 'clear all', 'pid', 'version', 'fg x', 'open foo', 'reread', 'update', 'update x'],
      ...['add', 'add x', 'remove', 'remove x', 'avail', 'avail x', 'reload', 'shutdown'],
    ];
    return compare(program('x', `command=${fixture('ignores-term')}\nstartsecs=0\nstopwaitsecs=1000`), [
      // It obeys until it has said that it does not.
      until('x', 'RUNNING'),
      untilLog('x', 'ready'),
      ctl('shutdown'),
      ...lines.map((line) => ctl(line)),
    ]);
  });

  it('reload, and a daemon that is back', () =>
    compare(program('cat', 'command=/bin/cat\nstartsecs=0'), [ctl('reload')]));
});

describeWithPeer('our supervisorctl, where it is meant to differ', () => {
  it('tells update of a broken configuration as it does reread', async () => {
    await using daemon = await startDaemon({ implementation: 'real', configuration: several });
    daemon.configure('[program:broken]\n');
    expect(await daemon.ctl('ours', ['update'])).toEqual(await daemon.ctl('ours', ['reread']));
  });
});
