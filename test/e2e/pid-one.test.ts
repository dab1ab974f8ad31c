import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeAsRoot } from '../support/as-root.ts';
import { Daemon, startDaemon } from '../support/daemons.ts';
import { childrenOf, procStatus, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const programs = resolve('test/fixtures/programs');

const configuration = `[program:parent]
command=${programs}/leaves-orphans 20
startsecs=0
autorestart=false
[program:stays]
command=/bin/sleep 1000
startsecs=0
`;

const reaped = (daemon: Daemon): number =>
  daemon.logText().split(/INFO reaped unknown pid \d+ \(exit status 7\)\n/).length - 1;

describeAsRoot('as PID 1', () => {
  it('reaps the orphans of its programs, says so, and ends in order', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      configuration,
      // The namespace ends with its PID 1, and `unshare` passes the signal on.
      prefix: ['unshare', '--pid', '--fork', '--kill-child=SIGTERM', '--mount-proc', '--'],
    });
    await daemon.start();
    expect(await daemon.rpc('supervisor.getPID')).toBe(1);
    await waitFor(() => reaped(daemon) === 20, { what: 'all orphans to be reaped' });
    const [pid1 = 0] = childrenOf(daemon.pid);
    expect(procStatus(pid1, 'NSpid')).toBe(`${pid1}\t1`);
    expect(childrenOf(pid1).map((pid) => procStatus(pid, 'Name'))).toEqual(['sleep']);
    process.kill(pid1, 'SIGTERM');
    expect(await daemon.ended()).toBe(0);
    expect(daemon.logText()).toMatch(/WARN stopped: stays \(terminated by SIGTERM\)\n$/);
  });
});

it('leaves orphans to PID 1 when it is not that, and no zombie either way', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration });
  await waitForState(daemon, 'parent', 'EXITED');
  await waitFor(() => childrenOf(daemon.pid).length === 1);
  expect(reaped(daemon)).toBe(0);
  const zombies = readdirSync('/proc').filter(
    (name) => procStatus(name, 'PPid') === String(daemon.pid) && procStatus(name, 'State')?.startsWith('Z'),
  );
  expect(zombies).toEqual([]);
});
