/** What is said when the daemon starts, and when it cannot. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { beforeAll, expect, it } from '@jest/globals';
import { describeAsRoot } from '../../support/as-root.ts';
import { bins, type Implementation } from '../../support/daemons.ts';
import { describeWithPeer } from '../../support/peer.ts';
import { runSupervisord } from '../../support/run-supervisord.ts';
import { activityLines } from '../steps/activity-lines.ts';
import { compareDaemons } from '../steps/compare-daemons.ts';
import { inBoth } from '../steps/in-both.ts';
import { programSection } from '../steps/programs.ts';
import { states } from '../steps/states.ts';

describeAsRoot('limits that are raised', () => {
  compareDaemons('a start with much to tell', {
    prefix: ['prlimit', '--nofile=500:4000', '--nproc=20000:30000', '--'],
    supervisord: 'user=root\nminfds=1030\nminprocs=25000',
    configuration: [
      '[include]\nfiles=%(here)s/more.conf %(here)s/none*.conf\n',
      programSection(
        'merged',
        'command=/bin/cat',
        'redirect_stderr=true',
        'stderr_logfile=%(here)s/err',
        'stdout_logfile_maxbytes=0',
      ),
      programSection('old', 'command=/bin/cat', 'stdout_logfile=syslog', 'autostart=false'),
      '[rpcinterface:other]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n',
    ].join(''),
    prepare: ({ dir }) =>
      writeFileSync(join(dir, 'more.conf'), programSection('more', 'command=/bin/cat', 'autostart=false')),
    steps: [
      states({ merged: 'STARTING' }),
      {
        name: 'the lines of the log, the gravest first',
        async run(daemon) {
          const lines = await activityLines(daemon);
          return lines.slice(0, lines.findIndex((line) => line.includes('started with pid')) + 1);
        },
      },
    ],
  });
});

interface FailedStart {
  readonly what: string;
  /** Lines of `[supervisord]`, and sections. */
  readonly configuration: string;
  readonly prefix?: readonly string[];
  readonly needsRoot?: true;
  /** What ours says instead, and why. */
  readonly differs?: { readonly ours: RegExp; readonly why: string };
}

const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
const realLimit = 'the limit there is, not the one that is missing';

const allFailedStarts: readonly FailedStart[] = [
  {
    what: 'an address that is not of this machine',
    configuration: '[inet_http_server]\nport=192.0.2.1:9001\n',
  },
  { what: 'a socket in no directory', configuration: '[unix_http_server]\nfile=%(here)s/none/sock\n' },
  {
    what: 'the path of a socket that is too long',
    configuration: `[unix_http_server]\nfile=%(here)s/${'x'.repeat(120)}\n`,
  },
  {
    what: 'another user without root',
    configuration: 'user=daemon\n',
    prefix: asNobody,
    needsRoot: true,
  },
  {
    what: 'a limit on open files that cannot be raised',
    configuration: 'minfds=1000\n',
    prefix: ['prlimit', '--nofile=500:600', '--', ...asNobody],
    needsRoot: true,
    differs: {
      ours: / is 1000 as per the "minfds" .* allow you to open 600 file descriptors\. {2}/,
      why: realLimit,
    },
  },
  {
    what: 'a limit on processes that cannot be raised',
    configuration: 'minprocs=25000\n',
    prefix: ['prlimit', '--nproc=20000:21000', '--', ...asNobody],
    needsRoot: true,
    differs: {
      ours: / is 25000 as per the "minprocs" .* allow you to open 21000 processes\. {2}/,
      why: realLimit,
    },
  },
];
const failedStarts = allFailedStarts.filter(({ needsRoot }) => needsRoot === undefined || getuid?.() === 0);

interface Refusal {
  readonly exitCode: number;
  readonly message: string | undefined;
}

async function refusal(
  implementation: Implementation,
  { configuration, prefix = [] }: FailedStart,
): Promise<Refusal> {
  const dir = mkdtempSync(join(tmpdir(), `failed-start-${implementation}-`));
  try {
    chmodSync(dir, 0o755);
    const file = join(dir, 'supervisord.conf');
    writeFileSync(file, `[supervisord]\nlogfile=%(here)s/log\n${configuration}`);
    const { stderr, exitCode } = await runSupervisord(['-n', '-c', file], {
      cwd: dir,
      prefix,
      command: join(bins[implementation], 'supervisord'),
    });
    const message = stderr.split('\n').find((line) => line.startsWith('Error: '));
    return { exitCode, message: message?.replaceAll(dir, '{dir}') };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

describeWithPeer('a start that fails', () => {
  let ours: readonly Refusal[];
  let real: readonly Refusal[];

  beforeAll(async () => {
    ({ ours, real } = await inBoth(async (implementation) => {
      const refusals: Refusal[] = [];
      for (const failed of failedStarts) refusals.push(await refusal(implementation, failed));
      return refusals;
    }));
  });

  for (const [index, { what, differs }] of failedStarts.entries()) {
    it(`${differs === undefined ? 'tells as supervisord does of' : `tells (${differs.why}) of`} ${what}`, () => {
      expect(ours[index]).toMatchObject({ exitCode: 2, message: expect.stringMatching(/^Error: ./) });
      if (differs === undefined) {
        expect(ours[index]).toEqual(real[index]);
        return;
      }
      expect(ours[index]?.message).toMatch(differs.ours);
      const withoutNumbers = (message: string | undefined) => message?.replaceAll(/\d+/g, 'N');
      expect(withoutNumbers(ours[index]?.message)).toBe(withoutNumbers(real[index]?.message));
    });
  }
});
