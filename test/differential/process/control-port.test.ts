/** A control port on TCP that asks for a password. */
import type { Daemon } from '../../support/daemons.ts';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/wait-for.ts';
import { activityLines } from '../steps/activity-lines.ts';
import { runCtl } from '../steps/command-lines.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';
import { program, programSection } from '../steps/programs.ts';
import { states } from '../steps/states.ts';

const ports = new Map<Daemon, number>();

async function request(daemon: Daemon, path: string, init: RequestInit = {}): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${ports.get(daemon)}${path}`, init);
  await answer.text();
  return [answer.status, answer.headers.get('WWW-Authenticate')];
}

function basic(text: string): RequestInit {
  return { headers: { Authorization: `Basic ${Buffer.from(text).toString('base64')}` } };
}

const getState = '<?xml version="1.0"?><methodCall><methodName>supervisor.getState</methodName></methodCall>';

/** Ports are the machine's choice. */
function withoutPort(daemon: Daemon, text: string): string {
  return text.replaceAll(`:${ports.get(daemon)}`, ':PORT');
}

compareDaemons('a control port with a password', {
  configuration: '',
  environment: { HOME: '/root', USER: 'root' },
  async prepare(daemon) {
    const port = await freePort();
    ports.set(daemon, port);
    daemon.configure(
      `[inet_http_server]
port=127.0.0.1:${port}
username=ops
password={SHA}5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8
${programSection('child', `command=${program('tells-how-it-runs')}`, 'startsecs=0')}`,
    );
  },
  steps: [
    states({ child: 'RUNNING' }),
    ...[
      '/',
      '/RPC2',
      '/index.html',
      '/logtail/child',
      '/mainlogtail',
      '/nosuch',
      '/stylesheets/supervisor.css',
    ].map(
      (path): Step => ({ name: `GET ${path} without credentials`, run: (daemon) => request(daemon, path) }),
    ),
    {
      name: 'POST /RPC2 without credentials',
      run: (daemon) => request(daemon, '/RPC2', { method: 'POST', body: getState }),
    },
    ...[
      'ops:password',
      'ops:wrong',
      'other:password',
      'ops:5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8',
      'ops:',
      ':',
    ].map(
      (credentials): Step => ({
        name: `POST /RPC2 as ${credentials}`,
        run: (daemon) => request(daemon, '/RPC2', { method: 'POST', body: getState, ...basic(credentials) }),
      }),
    ),
    ...[
      ['-u', 'ops', '-p', 'password'],
      ['-u', 'ops'],
      ['-u', 'ops', '-p', 'wrong'],
    ].map(
      (flags): Step => ({
        name: `supervisorctl ${flags.join(' ')} status`,
        async run(daemon) {
          const { exitCode, lines } = await runCtl(daemon, 'real', [
            '-s',
            `http://127.0.0.1:${ports.get(daemon)}`,
            ...flags,
            'status',
          ]);
          return { exitCode, text: withoutPort(daemon, lines.join('\n')) };
        },
      }),
    ),
    {
      name: 'servers without authentication are told of, this one is not',
      run: async (daemon) => (await activityLines(daemon)).filter((line) => line.includes('authentication')),
    },
    {
      name: 'what the child is told of it',
      async run(daemon) {
        let text = '';
        await waitFor(async () => {
          text = String(await daemon.rpc('supervisor.readProcessLog', 'child', 0, 0));
          return text.includes('end\n');
        });
        return withoutPort(daemon, text);
      },
    },
  ],
});
