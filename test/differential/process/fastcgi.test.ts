/** Programs that share a listening socket. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '../../support/daemons.ts';
import { freePort } from '../../support/free-port.ts';
import { RawConnection } from '../../support/raw-connection.ts';
import { activityLines } from '../steps/activity-lines.ts';
import { call, callForStatuses } from '../steps/calls.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';
import { program } from '../steps/programs.ts';
import { states } from '../steps/states.ts';

const ports = new Map<Daemon, number>();

function fcgi(name: string, ...lines: readonly string[]): string {
  return `[fcgi-program:${name}]\ncommand=${program('accepts-on-stdin')}\nstartsecs=0\n${lines.join('\n')}\n`;
}

const access = (file: string): Step => ({
  name: `mode and owner of the socket ${file}`,
  run(daemon) {
    const { mode, uid, gid } = statSync(join(daemon.dir, file));
    return [(mode & 0o7777).toString(8), uid, gid];
  },
});

const isAnswered = (what: string, address: (daemon: Daemon) => object): Step => ({
  name: `whether a client is answered on ${what}`,
  async run(daemon) {
    try {
      const connection = await RawConnection.open(address(daemon) as never);
      await connection.until(/^\d+\n/);
      connection.close();
      return 'answered';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  },
});

const onUnix = isAnswered('the unix socket', ({ dir }) => ({ path: join(dir, 'app') }));
const onTcp = isAnswered('the port', (daemon) => ({ host: '127.0.0.1', port: ports.get(daemon) }));

/** How many clients get a place in the queue of a socket that nobody accepts from. */
const places: Step = {
  name: 'how many clients a socket with a backlog lets wait',
  async run({ dir }) {
    const address = { path: join(dir, 'full') };
    const attempts = await Promise.allSettled([1, 2, 3, 4, 5, 6].map(() => RawConnection.open(address)));
    const connections = attempts.flatMap((attempt) =>
      attempt.status === 'fulfilled' ? [attempt.value] : [],
    );
    for (const connection of connections) connection.close();
    return connections.length;
  },
};

const socketLines: Step = {
  name: 'what the log says of the sockets',
  async run(daemon) {
    const lines = (await activityLines(daemon)).filter((line) => /\bsocket\b/.test(line));
    return lines.map((line) => line.replace(`:${ports.get(daemon)}`, ':PORT'));
  },
};

compareDaemons('programs that share a listening socket', {
  configuration: '',
  supervisord: process.getuid?.() === 0 ? 'user=root' : '',
  async prepare(daemon) {
    const port = await freePort();
    ports.set(daemon, port);
    daemon.configure(
      [
        fcgi('app', 'socket=unix://%(here)s/app', 'numprocs=2', 'process_name=%(process_num)d'),
        fcgi('open', 'socket=unix://%(here)s/open', 'socket_mode=0666'),
        '[fcgi-program:full]\ncommand=/bin/sleep 1000\nstartsecs=0\nsocket=unix://%(here)s/full\nsocket_backlog=2\n',
        fcgi('port', `socket=tcp://127.0.0.1:${port}`),
        fcgi('manual', 'socket=unix://%(here)s/manual', 'autostart=false'),
      ].join(''),
    );
  },
  steps: [
    states({ 'app:0': 'RUNNING', 'app:1': 'RUNNING', open: 'RUNNING', port: 'RUNNING', full: 'RUNNING' }),
    socketLines,
    places,
    access('app'),
    access('open'),
    onUnix,
    onTcp,
    call('supervisor.sendProcessStdin', 'port', 'text'),
    call('supervisor.sendProcessStdin', 'manual', 'text'),
    call('supervisor.stopProcess', 'app:0'),
    onUnix,
    call('supervisor.stopProcess', 'app:1'),
    call('supervisor.stopProcess', 'port'),
    onTcp,
    call('supervisor.sendProcessStdin', 'port', 'text'),
    {
      name: 'whether the file of a closed socket is left',
      run: ({ dir }) => existsSync(join(dir, 'app')),
      differs: { ours: false, why: 'supervisord leaves it behind' },
    },
    socketLines,
    call('supervisor.startProcess', 'port'),
    callForStatuses('supervisor.startProcessGroup', 'app'),
    onUnix,
    onTcp,
    call('supervisor.removeProcessGroup', 'app'),
    callForStatuses('supervisor.stopProcessGroup', 'app'),
    call('supervisor.removeProcessGroup', 'app'),
    call('supervisor.addProcessGroup', 'app'),
    states({ 'app:0': 'RUNNING', 'app:1': 'RUNNING' }),
    onUnix,
    socketLines,
  ],
});
