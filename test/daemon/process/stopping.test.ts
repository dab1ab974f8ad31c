import { describe } from '@jest/globals';
import type { EpochSeconds } from '../../../daemon/host/clock.ts';
import {
  exitedWith,
  killedBy,
  running,
  shutDown,
  started,
  starting,
  startOfDay,
  stop,
  stopping,
  testTransitions,
  tick,
  tickInShutdown,
  unknown,
} from '../../support/transition-cases.ts';

const web = 'processname:web groupname:web from_state:';

describe('stopping', () =>
  testTransitions([
    {
      it: 'signals a running child to stop',
      from: running(),
      input: stop,
      now: 5,
      to: 'STOPPING',
      effects: [
        'debug killing web (pid 7) with signal SIGTERM',
        `PROCESS_STATE_STOPPING ${web}RUNNING pid:7`,
        'kill process 7 15',
      ],
    },
    {
      it: 'signals a starting child to stop',
      from: starting(),
      input: stop,
      to: 'STOPPING',
      effects: [
        'debug killing web (pid 7) with signal SIGTERM',
        `PROCESS_STATE_STOPPING ${web}STARTING pid:7`,
        'kill process 7 15',
      ],
    },
    {
      it: 'signals the whole process group with stopasgroup',
      from: running(),
      input: shutDown,
      settings: { stopasgroup: true, stopsignal: 3 },
      to: 'STOPPING',
      effects: [
        'debug killing web (pid 7) process group with signal SIGQUIT',
        `PROCESS_STATE_STOPPING ${web}RUNNING pid:7`,
        'kill group 7 3',
      ],
    },
    {
      it: 'does not stop what has no pid yet',
      from: starting({ pid: undefined }),
      input: stop,
      to: 'STARTING',
      effects: [`debug attempted to kill web with sig SIGTERM but it wasn't running`],
    },
    { it: 'sends no second stop signal', from: stopping(), input: stop, to: 'STOPPING', effects: [] },
    {
      it: 'waits for stopwaitsecs to pass',
      from: stopping(),
      input: tick,
      now: 9.999,
      to: 'STOPPING',
      effects: [],
    },
    {
      it: 'sends SIGKILL when stopwaitsecs have passed',
      from: stopping(),
      input: tick,
      now: 10,
      to: 'STOPPING',
      effects: [
        `warn killing 'web' (7) with SIGKILL`,
        'debug killing web (pid 7) with signal SIGKILL',
        'kill process 7 9',
      ],
    },
    {
      it: 'sends SIGKILL to the whole process group with killasgroup',
      from: stopping(),
      input: tickInShutdown,
      now: 10,
      settings: { killasgroup: true },
      to: 'STOPPING',
      effects: [
        `warn killing 'web' (7) with SIGKILL`,
        'debug killing web (pid 7) process group with signal SIGKILL',
        'kill group 7 9',
      ],
    },
    {
      it: 'is STOPPED when the child has ended',
      from: stopping({ history: { ...started, backoff: 2 } }),
      input: exitedWith(0),
      now: 4,
      to: 'STOPPED',
      effects: [`PROCESS_STATE_STOPPED ${web}STOPPING pid:7`, 'info stopped: web (exit status 0)'],
      history: { exitstatus: 0, backoff: 0, stop: (startOfDay + 4) as EpochSeconds },
    },
    {
      it: 'warns of a death by signal even when asked for',
      from: stopping(),
      input: killedBy(15),
      to: 'STOPPED',
      effects: [`PROCESS_STATE_STOPPED ${web}STOPPING pid:7`, 'warn stopped: web (terminated by SIGTERM)'],
      history: { exitstatus: -1 },
    },
    {
      it: 'takes a child that is gone already for signalled',
      from: stopping(),
      input: { type: 'killGone' },
      to: 'STOPPING',
      effects: [
        'debug unable to signal web (pid 7), it probably just exited on its own: [Errno 3] No such process',
      ],
    },

    {
      it: 'is UNKNOWN when the stop signal cannot be sent',
      from: stopping(),
      input: { type: 'killFailed', reason: 'EPERM' },
      to: 'UNKNOWN',
      effects: ['critical unknown problem killing web (7):EPERM', `PROCESS_STATE_UNKNOWN ${web}STOPPING`],
    },
    {
      it: 'is UNKNOWN when another signal cannot be sent',
      from: running(),
      input: { type: 'signalFailed', reason: 'EPERM' },
      to: 'UNKNOWN',
      effects: ['critical unknown problem sending sig web (7):EPERM', `PROCESS_STATE_UNKNOWN ${web}RUNNING`],
    },
    {
      it: 'is STOPPED when a child out of reach ends after a stop',
      from: unknown(true),
      input: exitedWith(0),
      to: 'STOPPED',
      effects: [`PROCESS_STATE_STOPPED ${web}UNKNOWN pid:7`, 'info stopped: web (exit status 0)'],
    },
    {
      it: 'is EXITED when a child out of reach ends by itself',
      from: unknown(false),
      input: exitedWith(1),
      to: 'EXITED',
      effects: [
        `PROCESS_STATE_EXITED ${web}UNKNOWN expected:0 pid:7`,
        'warn exited: web (exit status 1; not expected)',
      ],
    },
  ]));
