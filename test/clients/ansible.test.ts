/** Ansible's module `community.general.supervisorctl`, which reads what supervisorctl prints. */
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { execa } from 'execa';
import { bins, type Daemon, startDaemon } from '../support/daemons.ts';
import { waitForAll } from '../support/supervised.ts';
import { describeEachDaemon } from './each-daemon.ts';
import { quickProgram } from './quick-program.ts';

const running = [
  ...['one', 'two', 'lonely'].map((name) => quickProgram(name, '/bin/cat')),
  '[group:workers]\nprograms=one,two\n',
].join('');

/** What the callback `json` prints, as far as it is of interest. */
interface Report {
  readonly plays: readonly {
    readonly tasks: readonly {
      readonly task: { readonly name: string };
      readonly hosts: { readonly localhost: Outcome };
    }[];
  }[];
}

interface Outcome {
  readonly changed: boolean;
  readonly failed?: boolean;
  readonly msg?: string;
  readonly affected?: readonly string[];
}

/** Runs the playbook; answers what came of each task. */
async function play(daemon: Daemon): Promise<Record<string, Outcome>> {
  const { stdout } = await execa(
    'ansible-playbook',
    [
      '--inventory=localhost,',
      `--extra-vars=config=${daemon.configurationFile}`,
      `--extra-vars=supervisorctl=${join(bins[daemon.implementation], 'supervisorctl')}`,
      resolve('test/clients/fixtures/deploys-programs.yml'),
    ],
    // It keeps its temporary files at home.
    { env: { HOME: daemon.dir, LC_ALL: 'C.UTF-8', ANSIBLE_STDOUT_CALLBACK: 'json' }, timeout: 90_000 },
  );
  const report: Report = JSON.parse(stdout);
  return Object.fromEntries(
    report.plays.flatMap(({ tasks }) => tasks).map(({ task, hosts }) => [task.name, hosts.localhost]),
  );
}

describeEachDaemon(
  'community.general.supervisorctl',
  (implementation) => {
    it('takes programs and groups through all its states, and sees what is so already', async () => {
      await using daemon = await startDaemon({ implementation, configuration: running });
      await waitForAll(daemon, (state) => state === 'RUNNING');
      daemon.configure(running + quickProgram('web', '/bin/cat', 'autostart=false'));

      expect(await play(daemon)).toMatchObject({
        present: { changed: true },
        'present, unchanged': { changed: false },
        started: { changed: true, affected: ['web'] },
        'started, unchanged': { changed: false },
        restarted: { changed: true, affected: ['web'] },
        signalled: { changed: true, affected: ['web'] },
        'group stopped': { changed: true, affected: ['workers:one', 'workers:two'] },
        'group started': { changed: true, affected: ['workers:one', 'workers:two'] },
        stopped: { changed: true, affected: ['web'] },
        'stopped, unchanged': { changed: false },
        absent: { changed: true },
        'absent, unchanged': { changed: false },
        'started, unknown': { failed: true, msg: 'ERROR (no such process)' },
        'absent, running': { failed: true, msg: 'ERROR: process/group still running: lonely\n' },
      });
    });
  },
  [{ file: '/usr/bin/ansible-playbook', package: 'ansible' }],
);
