import { describe } from '@jest/globals';
import type { EpochSeconds } from '../../../daemon/host/clock.ts';
import { exitStatus, signalStatus } from '../../support/simulated-host.ts';
import {
  exitedWith,
  killedBy,
  running,
  started,
  starting,
  startOfDay,
  testTransitions,
} from '../../support/transition-cases.ts';

const web = 'processname:web groupname:web from_state:';

describe('the end of a child', () =>
  testTransitions([
    {
      it: 'backs off when the child ends just before startsecs',
      from: starting(),
      input: exitedWith(1),
      now: 0.999,
      to: 'BACKOFF',
      effects: [
        `PROCESS_STATE_BACKOFF ${web}STARTING tries:1`,
        'warn exited: web (exit status 1; not expected)',
      ],
      history: {
        backoff: 1,
        spawnerr: 'Exited too quickly (process log may have details)',
        exitstatus: undefined,
        stop: (startOfDay + 0.999) as EpochSeconds,
        lastExit: exitStatus(1),
      },
    },
    {
      it: 'backs off after a quick exit even with an expected code',
      from: starting(),
      input: exitedWith(0),
      now: 0.5,
      to: 'BACKOFF',
      effects: [
        `PROCESS_STATE_BACKOFF ${web}STARTING tries:1`,
        'warn exited: web (exit status 0; not expected)',
      ],
    },
    {
      it: 'counts failed starts in a row',
      from: starting({ history: { ...started, backoff: 2 } }),
      input: killedBy(11),
      now: 0.5,
      to: 'BACKOFF',
      effects: [
        `PROCESS_STATE_BACKOFF ${web}STARTING tries:3`,
        'warn exited: web (terminated by SIGSEGV; not expected)',
      ],
    },
    {
      it: 'ran and exited when the child ends exactly at startsecs, without a line of success',
      from: starting(),
      input: exitedWith(0),
      now: 1,
      to: 'EXITED',
      effects: [
        `PROCESS_STATE_RUNNING ${web}STARTING pid:7`,
        `PROCESS_STATE_EXITED ${web}RUNNING expected:1 pid:7`,
        'info exited: web (exit status 0; expected)',
      ],
      history: { exitstatus: 0, spawnerr: '' },
    },

    {
      it: 'exits as expected with a code from exitcodes',
      from: running(),
      input: exitedWith(2),
      settings: { exitcodes: [0, 2] },
      now: 50,
      to: 'EXITED',
      effects: [
        `PROCESS_STATE_EXITED ${web}RUNNING expected:1 pid:7`,
        'info exited: web (exit status 2; expected)',
      ],
      history: { exitstatus: 2, spawnerr: '', stop: (startOfDay + 50) as EpochSeconds },
    },
    {
      it: 'exits unexpectedly with any other code',
      from: running(),
      input: exitedWith(3),
      to: 'EXITED',
      effects: [
        `PROCESS_STATE_EXITED ${web}RUNNING expected:0 pid:7`,
        'warn exited: web (exit status 3; not expected)',
      ],
      history: { exitstatus: 3, spawnerr: 'Bad exit code 3' },
    },
    {
      it: 'has exit status -1 after a death by signal',
      from: running(),
      input: { type: 'exited', status: signalStatus(6, { coreDumped: true }) },
      to: 'EXITED',
      effects: [
        `PROCESS_STATE_EXITED ${web}RUNNING expected:0 pid:7`,
        'warn exited: web (terminated by SIGABRT (core dumped); not expected)',
      ],
      history: { exitstatus: -1, spawnerr: 'Bad exit code -1' },
    },
  ]));
