/** What a listener is told of the lives of processes, and what clients make it hear. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beginToken, endToken } from '../../../daemon/log/capture.ts';
import type { Encodable } from '../../../rpc/xmlrpc.ts';
import { Double } from '../../../rpc/xmlrpc-values.ts';
import type { Daemon } from '../../support/daemons.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call, untilState } from '../steps/calls.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';
import { program, programSection } from '../steps/programs.ts';
import { states } from '../steps/states.ts';

const listeners = resolve('test/fixtures/listeners');
const byHand = ['autostart=false', 'stdout_logfile=NONE', 'stderr_logfile=NONE'];

/** More than a token before, which is what supervisord waits for, and what is no text within. */
const message = `${'x'.repeat(30)}${beginToken}no text \\377${endToken}`;

const configuration = [
  `[eventlistener:recorder]\ncommand=${listeners}/records %(here)s/recorder
events=PROCESS_STATE,PROCESS_GROUP,REMOTE_COMMUNICATION,SUPERVISOR_STATE_CHANGE\nbuffer_size=100\n`,
  `[eventlistener:states]\ncommand=${listeners}/records %(here)s/%(process_num)d\nprocess_name=%(process_num)d
numprocs=2\nevents=process_state_exited,PROCESS_STATE_FATAL\nautostart=false\n`,
  `[eventlistener:output]\ncommand=${listeners}/records %(here)s/output\nevents=PROCESS_LOG,PROCESS_COMMUNICATION\n`,
  programSection(
    'says',
    `command=/bin/sh -c 'sleep 0.7; printf "no text \\377"; sleep 0.7; printf "${message}" >&2; exec sleep 1000'`,
    'startsecs=0',
    'stdout_events_enabled=true',
    'stderr_capture_maxbytes=1KB',
    ...byHand,
  ),
  programSection('steady', 'command=/bin/cat', ...byHand),
  programSection(
    'quick',
    "command=/bin/sh -c 'sleep 0.3; exit 3'",
    'startsecs=0',
    'autorestart=false',
    ...byHand,
  ),
  programSection('short', "command=/bin/sh -c 'sleep 0.3'", 'startretries=1', 'autorestart=false', ...byHand),
  programSection('broken', 'command=/no/such/program', 'startretries=0', ...byHand),
  programSection(
    'stubborn',
    `command=${program('ignores-term')}`,
    'startsecs=0',
    'stopwaitsecs=1',
    ...byHand,
  ),
  programSection('one', 'command=/bin/cat', ...byHand),
  '[group:both]\nprograms=one\n',
].join('');

interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

function received(daemon: Daemon, file: string): Received[] {
  return readFileSync(join(daemon.dir, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [headers, payload] = JSON.parse(line) as [Record<string, string>, string];
      // Pids differ in length, too.
      const hidden = payload.replace(/\bpid:[1-9]\d*/, 'pid:N');
      return { headers: hidden === payload ? headers : { ...headers, len: 'L' }, payload: hidden };
    });
}

/** What a listener has received once an event with this text has come. */
function record(file: string, until: string): Step {
  return {
    name: `what ${file} has received`,
    async run(daemon) {
      const path = join(daemon.dir, file);
      await waitFor(() => existsSync(path) && readFileSync(path, 'utf8').includes(until), { what: until });
      return received(daemon, file);
    },
  };
}

const send = (...params: readonly Encodable[]) => call('supervisor.sendRemoteCommEvent', ...params);

compareDaemons('events', {
  configuration,
  supervisord: 'identifier=the-one',
  steps: [
    states({ recorder: 'RUNNING', output: 'RUNNING' }),
    call('supervisor.startProcess', 'says'),
    record('output', 'PROCESS_COMMUNICATION'),
    call('supervisor.startProcess', 'states:0'),
    call('supervisor.startProcess', 'states:1'),
    call('supervisor.startProcess', 'steady'),
    call('supervisor.stopProcess', 'steady'),
    untilState(call('supervisor.startProcess', 'quick', false), 'quick', 'EXITED'),
    untilState(call('supervisor.startProcess', 'short', false), 'short', 'FATAL'),
    call('supervisor.startProcess', 'broken'),
    untilState(call('supervisor.startProcess', 'stubborn'), 'stubborn', 'RUNNING'),
    call('supervisor.stopProcess', 'stubborn'),
    call('supervisor.removeProcessGroup', 'both'),
    call('supervisor.addProcessGroup', 'both'),
    send('plain', 'data'),
    send('grüße 😀', 'a\nb\n'),
    send('', ''),
    send(1, -5),
    send(true, false),
    send(new Double(1.5), new Double(0.00001)),
    send('array', [1, 'a\'b"c\n', true, [], ['ü']]),
    send('struct', { name: 'x', list: [1] }),
    send('too few'),
    send('the', 'end'),
    record('recorder', 'type:the'),
    {
      name: 'what the two listeners of one pool have received together',
      run: (daemon) =>
        ['0', '1']
          .flatMap((file) => {
            try {
              return received(daemon, file);
            } catch {
              return [];
            }
          })
          .sort((one, other) => Number(one.headers['poolserial']) - Number(other.headers['poolserial'])),
    },
  ],
});
