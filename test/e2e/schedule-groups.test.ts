/** Schedules come, change and go by `update`, also that of the stock supervisorctl: each is a group. */
import { expect, it } from '@jest/globals';
import { type Daemon, type Implementation, startDaemon } from '../support/daemons.ts';
import { describeWithPeer } from '../support/peer.ts';

const job = (...lines: readonly string[]) =>
  `[program:job]\ncommand=/bin/cat\nautostart=false\n${lines.join('\n')}\n`;
const nightly = (hour: number) => `[schedule:nightly]\nprogram=job\nhour=${hour}\n`;
const stops = (hour: number) => `[schedule:stops]\naction=stop\nprogram=job\nhour=${hour}\n`;

async function linesOf(daemon: Daemon, client: Implementation, ...args: readonly string[]) {
  const { stdout, stderr } = await daemon.ctl(client, args);
  return `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

describeWithPeer('schedules as groups', () => {
  for (const client of ['real', 'ours'] as const) {
    it(`are updated by supervisorctl (${client})`, async () => {
      await using daemon = await startDaemon({ implementation: 'ours', configuration: job() });

      daemon.configure(job() + nightly(3) + stops(4));
      expect(await linesOf(daemon, client, 'reread')).toEqual(['nightly: available', 'stops: available']);
      expect(await linesOf(daemon, client, 'update')).toEqual([
        'nightly: added process group',
        'stops: added process group',
      ]);
      expect(await linesOf(daemon, client, 'update')).toEqual([]);
      expect((await linesOf(daemon, client, 'status')).map((line) => line.split(/\s+/)[0])).toEqual([
        'job',
        'nightly',
      ]);

      daemon.configure(job('cron=@daily') + nightly(5) + stops(6));
      expect(await linesOf(daemon, client, 'reread')).toEqual([
        'job: changed',
        'nightly: changed',
        'stops: changed',
      ]);
      const stopped = client === 'real' ? (group: string) => [`${group}: stopped`] : () => [];
      expect(await linesOf(daemon, client, 'update')).toEqual(
        ['job', 'nightly', 'stops'].flatMap((group) => [
          ...stopped(group),
          `${group}: updated process group`,
        ]),
      );

      daemon.configure(job());
      await linesOf(daemon, client, 'update');
      expect((await linesOf(daemon, client, 'status')).map((line) => line.split(/\s+/)[0])).toEqual(['job']);
    });
  }
});
