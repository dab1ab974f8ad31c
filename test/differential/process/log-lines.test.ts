/** Lines of the activity log that no other comparison brings about. */
import { resolve } from 'node:path';
import { RawConnection } from '../../support/raw-connection.ts';
import { waitFor } from '../../support/wait-for.ts';
import { activityLines, activityLinesOf, linesAbout } from '../steps/activity-lines.ts';
import { call, untilState } from '../steps/calls.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';
import { waitForLine } from '../steps/process-info.ts';
import { program, programSection } from '../steps/programs.ts';
import { states } from '../steps/states.ts';

const quiet = ['startsecs=0', 'stdout_logfile=NONE', 'stderr_logfile=NONE'];
const listener = (name: string, command: string) =>
  `[eventlistener:${name}]\ncommand=${command}\nevents=REMOTE_COMMUNICATION\nbuffer_size=2\n${quiet.join('\n')}\n`;

/** Signals whose names in the log are not those in the configuration. */
const oddSignals = ['0', 'POLL'];
const stoppedBy = (signal: string) => `stopped-by-${signal.toLowerCase()}`;

const configuration = [
  ...oddSignals.map((signal) =>
    programSection(stoppedBy(signal), 'command=/bin/cat', `stopsignal=${signal}`, 'stopwaitsecs=1', ...quiet),
  ),
  programSection(
    'nameless',
    "command=/bin/sh -c 'sleep 0.3; kill -s 40 $$'",
    'autostart=false',
    'autorestart=false',
    ...quiet,
  ),
  programSection('unlogged', 'command=/bin/cat', 'stdout_logfile=%(here)s', 'startretries=0'),
  programSection(
    'talks',
    `command=${program('prints-and-stays')} "a\\377b\\n" "to stderr\\n"`,
    'autostart=false',
    ...quiet,
  ),
  programSection('echoes', 'command=/bin/cat', ...quiet),
  programSection('stays', `command=${program('ignores-term')}`, 'priority=1000', 'stopwaitsecs=60', ...quiet),
  listener('deaf', '/bin/cat'),
  listener('busy', `${resolve('test/fixtures/listeners/says')} 'READY\\n'`),
].join('');

/** What the log says of a process that is told to stop, but for what depends on how soon it does. */
const stop = (name: string): Step => ({
  name: `the lines about the stop of ${name}`,
  async run(daemon) {
    const before = (await linesAbout(daemon, name)).length;
    await daemon.rpc('supervisor.stopProcess', name);
    const lines = (await linesAbout(daemon, name)).slice(before);
    return lines.filter((line) => !line.startsWith('INFO waiting for '));
  },
});

/** The copies of what a process prints, once there are as many as are expected. */
const copies = (name: string, count: number): Step => ({
  name: `the copies of what ${name} prints`,
  async run(daemon) {
    let found: string[] = [];
    await waitFor(async () => {
      const text = String(await daemon.rpc('supervisor.readLog', 0, 0));
      found = text.match(new RegExp(`DEBG '${name}' std(?:out|err) output:\\n.*`, 'g')) ?? [];
      return found.length >= count;
    });
    return found.toSorted();
  },
});

const overflows: Step = {
  name: 'what the log says of events that find no room',
  async run(daemon) {
    for (let count = 0; count < 4; count += 1) {
      await daemon.rpc('supervisor.sendRemoteCommEvent', 'type', String(count));
    }
    let lines: string[] = [];
    await waitFor(async () => {
      const all = await activityLines(daemon);
      lines = all.filter((line) => line.includes('overflowed') || line.includes('sent to listener'));
      return lines.length >= 4;
    });
    return lines.toSorted();
  },
};

/** The lines about a request that is no call, with the quote of its body. */
const badRequests: readonly Step[] = ['junk', '<methodCall/>', '<a b=\'1\'>\n"é"\t\\'].map((body) => ({
  name: `the lines about the request ${JSON.stringify(body)}`,
  async run(daemon) {
    const before = (await activityLines(daemon)).length;
    const connection = await RawConnection.open({ path: daemon.socket });
    connection.send(`POST /RPC2 HTTP/1.0\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    await connection.untilClosed();
    const lines = (await activityLines(daemon)).slice(before);
    return lines.filter((line) => line.startsWith('ERRO '));
  },
}));

const traces: Step = {
  name: 'the lines about calls',
  async run(daemon) {
    await daemon.rpc('supervisor.getState');
    await daemon.rpc('supervisor.getProcessInfo', 'nobody').catch(() => undefined);
    const lines = (await activityLines(daemon)).filter((line) => line.startsWith('TRAC '));
    // The last one is about the request for the log itself.
    return lines.slice(-7, -1).map((line) => line.replace(/\[\S+ \+0000\](.*) \d+$/, '[TIME]$1 BYTES'));
  },
};

const shutdown: Step = {
  name: 'the lines about signals while the daemon ends',
  async run(daemon) {
    daemon.kill('SIGUSR2');
    await waitForLine(daemon, 'supervisord logreopen');
    daemon.kill('SIGTERM');
    await waitForLine(daemon, 'BLAT stays state: STOPPING');
    daemon.kill('SIGHUP');
    await waitForLine(daemon, 'ignored SIGHUP');
    daemon.kill('SIGKILL');
    await daemon.ended();
    const lines = activityLinesOf(daemon.logText(), daemon);
    const first = lines.findIndex((line) => line.includes('SIGUSR2'));
    // Once each: how often it tells what it waits for depends on how long all this takes.
    const told = new Set(lines.slice(first));
    return [...told].filter((line) => !/^DEBG '|^TRAC /.test(line));
  },
};

compareDaemons('the lines of the activity log', {
  configuration,
  supervisord: 'loglevel=blather',
  steps: [
    states({ unlogged: 'FATAL', stays: 'RUNNING', 'deaf:deaf': 'RUNNING', 'busy:busy': 'RUNNING' }),
    {
      name: 'a log that cannot be opened',
      run: async (daemon) => (await activityLines(daemon)).filter((line) => line.includes('unlogged')),
    },
    ...oddSignals.map((signal) => stop(stoppedBy(signal))),
    untilState(call('supervisor.startProcess', 'nameless', false), 'nameless', 'EXITED'),
    {
      name: 'an end by a signal that has no name',
      // Whether "success" is logged is up to supervisord's one-second loop.
      run: async (daemon) =>
        (await linesAbout(daemon, 'nameless')).filter((line) => !line.startsWith('INFO success')),
    },
    untilState(call('supervisor.startProcess', 'talks'), 'talks', 'RUNNING'),
    copies('talks', 2),
    call('supervisor.sendProcessStdin', 'echoes', 'grüße\n'),
    copies('echoes', 1),
    call('supervisor.signalProcess', 'echoes', 'CONT'),
    {
      name: 'a signal that is not to stop it',
      run: async (daemon) =>
        (await linesAbout(daemon, 'echoes')).filter((line) => line.startsWith('DEBG sending')),
    },
    overflows,
    ...badRequests,
    traces,
    shutdown,
  ],
});
