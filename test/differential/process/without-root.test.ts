/** A daemon that another user than root has started. */
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { describeAsRoot } from '../../support/as-root.ts';
import { activityLines, linesAbout } from '../steps/activity-lines.ts';
import { compareDaemons } from '../steps/compare-daemons.ts';
import { processInfo } from '../steps/process-info.ts';
import { programSection } from '../steps/programs.ts';
import { states } from '../steps/states.ts';

const nobody = 65534;

describeAsRoot('without root', () => {
  compareDaemons('a daemon without root', {
    prefix: ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'],
    configuration: [
      programSection('closed', 'command=%(here)s/closed', 'startretries=0'),
      programSection('other-user', 'command=/bin/cat', 'user=daemon', 'startretries=0'),
      programSection('same-user', 'command=/bin/cat', `user=${nobody}`),
    ].join(''),
    prepare({ dir }) {
      writeFileSync(join(dir, 'closed'), '#!/bin/sh\n', { mode: 0o710 });
      chownSync(dir, nobody, nobody);
    },
    steps: [
      states({ closed: 'FATAL', 'other-user': 'FATAL', 'same-user': 'RUNNING' }),
      {
        name: 'a command that it may not execute',
        run: async (daemon) => ({
          info: await processInfo(daemon, 'closed'),
          lines: (await activityLines(daemon)).filter((line) => line.includes('closed')),
        }),
      },
      {
        name: 'what a user whom it cannot become leaves in the stderr log',
        run: (daemon) => daemon.rpc('supervisor.readProcessStderrLog', 'other-user', 0, 0),
      },
      {
        name: 'a user whom it cannot become',
        run: (daemon) => linesAbout(daemon, 'other-user'),
        differs: {
          why: 'the reason is told, and there never was a pid',
          ours: [expect.stringMatching(/^INFO gave up: other-user /)],
        },
      },
      {
        name: 'no complaint about root',
        run: async (daemon) => (await activityLines(daemon)).filter((line) => /as root|Set uid/.test(line)),
      },
    ],
  });
});
