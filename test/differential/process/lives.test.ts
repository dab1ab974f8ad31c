/** From start to the state where nothing changes any more: ends, restarts, retries, spawn errors. */
import { expect } from '@jest/globals';
import type { Daemon } from '../../support/daemons.ts';
import { waitFor } from '../../support/wait-for.ts';
import { activityLines, linesAbout } from '../steps/activity-lines.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';
import { processInfo } from '../steps/process-info.ts';
import { program, programSection } from '../steps/programs.ts';

interface Life {
  readonly name: string;
  readonly lines: readonly string[];
  /** The state it comes to rest in. */
  readonly ends: 'EXITED' | 'RUNNING' | 'FATAL' | 'STOPPED';
  /** Spawns, failed ones included, until then. */
  readonly attempts: number;
}

const stdio = ['stdout_logfile=NONE', 'stderr_logfile=NONE'];

/** A program that ends twice, in some way, before it stays. */
const restarted: readonly Life[] = ['true', 'false', 'unexpected'].flatMap((autorestart) =>
  ['0', '3', 'KILL'].flatMap((how) =>
    [0, 1].map((startsecs): Life => {
      const name = `restart-${autorestart}-${how.toLowerCase()}-startsecs-${startsecs}`;
      const isRestarted = autorestart === 'true' || (autorestart === 'unexpected' && how !== '0');
      return {
        name,
        lines: [
          `command=${program('ends-a-few-times')} %(here)s/${name} 2 ${startsecs === 0 ? 0 : 2.3} ${how}`,
          `autorestart=${autorestart}`,
          `startsecs=${startsecs}`,
          ...stdio,
        ],
        ends: isRestarted ? 'RUNNING' : 'EXITED',
        attempts: isRestarted ? 3 : 1,
      };
    }),
  ),
);

/** A program that never lives for startsecs. */
const tooQuick: readonly Life[] = [0, 1, 2].flatMap((startretries) =>
  ['0', '3', 'KILL'].map(
    (how): Life => ({
      name: `quick-${how.toLowerCase()}-startretries-${startretries}`,
      lines: [
        `command=${program('ends-a-few-times')} %(here)s/quick-${how}-${startretries} 99 0 ${how}`,
        `startretries=${startretries}`,
        'startsecs=2',
        'autorestart=false',
        ...stdio,
      ],
      ends: 'FATAL',
      attempts: startretries + 1,
    }),
  ),
);

const spawnErrors: readonly Life[] = (
  [
    ['missing', '/no/such/command --flag'],
    ['missing-in-path', 'no-such-command-anywhere'],
    ['not-executable', program('is-not-executable')],
    ['directory', '/usr/bin'],
    ['empty-word', '""'],
    ['blank', '%(ENV_BLANK)s'],
    ['open-quote', 'cat "unfinished'],
    ['open-quote-single', "cat 'it"],
    ['trailing-backslash', 'cat \\'],
  ] as const
).map(([name, command]) => ({
  name: `spawn-error-${name}`,
  lines: [`command=${command}`, 'startretries=1', ...stdio],
  ends: 'FATAL',
  attempts: 2,
}));

/** A pid there was, and exec failed behind it. */
const execErrors: readonly Life[] = (
  [
    ['no-interpreter-line', program('has-no-interpreter-line'), ''],
    ['missing-interpreter', program('has-a-missing-interpreter'), ''],
    ['missing-directory', '/bin/cat', 'directory=/no/such/directory'],
  ] as const
).map(([name, command, line]) => ({
  name: `exec-error-${name}`,
  lines: [`command=${command}`, 'startretries=0', `stderr_logfile=%(here)s/exec-error-${name}.err`, line],
  ends: 'FATAL',
  attempts: 1,
}));

const others: readonly Life[] = [
  { name: 'manual', lines: ['command=/bin/cat', 'autostart=false', ...stdio], ends: 'STOPPED', attempts: 0 },
  { name: 'lasting', lines: ['command=/bin/cat', 'startsecs=1', ...stdio], ends: 'RUNNING', attempts: 1 },
  {
    name: 'exitcodes',
    lines: [
      `command=${program('exits-with-status')} 7`,
      'exitcodes=3,7',
      'autorestart=unexpected',
      'startsecs=0',
      ...stdio,
    ],
    ends: 'EXITED',
    attempts: 1,
  },
];

const lives = [...restarted, ...tooQuick, ...spawnErrors, ...execErrors, ...others];

/** Whether "success" is logged for a child that ends as soon as it may is up to supervisord's one-second loop. */
function mayLackSuccess({ name }: Life): boolean {
  return name.endsWith('startsecs-0') || name === 'exitcodes';
}

function isAttempt(line: string): boolean {
  return /^INFO (?:spawned|spawnerr): /.test(line);
}

/** Attempts that failed do not name their process: those are told by the line that gives up. */
async function comesToRest(daemon: Daemon, { name, ends, attempts }: Life): Promise<void> {
  await waitFor(
    async () => {
      // In this order: by the last attempt the process has left the state that it was in before.
      const attempted = (await linesAbout(daemon, name)).filter(isAttempt).length;
      const info = await processInfo(daemon, name);
      return info.get('statename') === ends && (ends === 'FATAL' || attempted >= attempts);
    },
    { what: `${name} to be ${ends} under the ${daemon.implementation} supervisord` },
  );
}

const steps: readonly Step[] = lives.map((life) => ({
  name: `${life.name} ends ${life.ends}, after ${life.attempts} attempts`,
  ...(execErrors.includes(life) && {
    differs: {
      why: 'the reason is told, and there never was a pid',
      ours: {
        info: {
          statename: 'FATAL',
          stop: 0,
          spawnerr: expect.stringMatching(/^couldn't (?:exec|chdir to) \/.*: E/),
        },
        lines: [expect.stringMatching(/^INFO gave up: /)],
      },
    },
  }),
  async run(daemon) {
    await comesToRest(daemon, life);
    const lines = await linesAbout(daemon, life.name);
    return {
      info: await processInfo(daemon, life.name),
      lines: mayLackSuccess(life) ? lines.filter((line) => !line.startsWith('INFO success: ')) : lines,
    };
  },
}));

compareDaemons('the life of a process', {
  configuration: lives.map(({ name, lines }) => programSection(name, ...lines)).join(''),
  environment: { BLANK: ' ' },
  steps: [
    ...steps,
    {
      name: 'what a failed exec leaves in the stderr log',
      run: async (daemon) =>
        await Promise.all(
          execErrors.map(({ name }) => daemon.rpc('supervisor.readProcessStderrLog', name, 0, 0)),
        ),
    },
    {
      name: 'the number of attempts that got no pid, and what they say',
      run: async (daemon) =>
        (await activityLines(daemon))
          .filter((line) => line.startsWith('INFO spawnerr: ') && !line.includes("couldn't"))
          .sort(),
    },
  ],
});
