/** The collector for supervisord in Prometheus's node exporter, a client written in Go. */
import { expect, it } from '@jest/globals';
import { execa } from 'execa';
import { programSection } from '../differential/steps/programs.ts';
import { startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { infoOf, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeEachDaemon } from './each-daemon.ts';
import { tcpServer } from './tcp-server.ts';

const command = '/usr/bin/prometheus-node-exporter';

/** What the exporter says of supervisord at this address; empty while it is not up. */
async function scrape(port: number): Promise<string[]> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    const text = await answer.text();
    return text.split('\n').filter((line) => line.startsWith('node_supervisord_'));
  } catch {
    return [];
  }
}

describeEachDaemon(
  'the supervisord collector of the node exporter',
  (implementation) => {
    it.each(['a unix socket', 'TCP with a password'])('finds the processes through %s', async (where) => {
      const port = await freePort();
      await using daemon = await startDaemon({
        implementation,
        configuration: [
          tcpServer(port),
          programSection('up', 'command=/bin/cat', 'startsecs=0'),
          programSection('down', 'command=/bin/cat', 'autostart=false'),
          '[group:group]\nprograms=down\n',
        ].join(''),
      });
      await waitForState(daemon, 'up', 'RUNNING');
      const start = Number(await infoOf(daemon, 'up', 'start'));

      const url =
        where === 'a unix socket' ? `unix://${daemon.socket}` : `http://ops:secret@127.0.0.1:${port}/RPC2`;
      const exporterPort = await freePort();
      const exporter = execa(
        command,
        [
          '--collector.disable-defaults',
          '--collector.supervisord',
          `--collector.supervisord.url=${url}`,
          `--web.listen-address=127.0.0.1:${exporterPort}`,
        ],
        { reject: false, all: true },
      );
      try {
        let samples: readonly string[] = [];
        const hasSamples = async () => {
          samples = await scrape(exporterPort);
          return samples.length > 0;
        };
        await waitFor(hasSamples, { what: 'samples of the exporter' });
        expect(samples).toEqual([
          'node_supervisord_exit_status{group="group",name="down"} 0',
          'node_supervisord_exit_status{group="up",name="up"} 0',
          expect.stringMatching(/^node_supervisord_start_time_seconds\{group="up",name="up"\} /),
          'node_supervisord_state{group="group",name="down"} 0',
          'node_supervisord_state{group="up",name="up"} 20',
          'node_supervisord_up{group="group",name="down"} 0',
          'node_supervisord_up{group="up",name="up"} 1',
        ]);
        expect(Number(samples[2]?.split(' ')[1])).toBe(start);
      } finally {
        exporter.kill();
        await exporter;
      }
    });
  },
  [{ file: command, package: 'prometheus-node-exporter' }],
);
