/** How processes are stopped: signals, patience, process groups. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill } from 'node:process';
import type { Daemon } from '../../support/daemons.ts';
import { waitFor } from '../../support/wait-for.ts';
import { linesAbout } from '../steps/activity-lines.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';
import { processInfo, waitForState } from '../steps/process-info.ts';
import { program, programSection } from '../steps/programs.ts';

const quiet = ['startsecs=0', 'stdout_logfile=NONE', 'stderr_logfile=NONE'];
const signals = ['TERM', 'HUP', 'INT', 'QUIT', 'KILL', 'USR1', 'USR2'];

const bySignal = signals.map((signal) => {
  const name = `by-${signal.toLowerCase()}`;
  return {
    name,
    section: programSection(name, 'command=/bin/sleep 1000', `stopsignal=${signal}`, ...quiet),
  };
});

/** Which of parent and child outlive a stop. */
const families = (
  [
    ['plain', '', []],
    ['stopped-as-group', '', ['stopasgroup=true']],
    ['killed-as-process', 'ignore', ['stopwaitsecs=1']],
    ['killed-as-group', 'ignore', ['stopwaitsecs=1', 'killasgroup=true']],
    ['killed-as-stopped', 'ignore', ['stopwaitsecs=1', 'stopasgroup=true']],
  ] as const
).map(([name, word, lines]) => ({
  name,
  section: programSection(
    name,
    `command=${program('has-a-child')} %(here)s/${name}.pid ${word}`,
    ...lines,
    ...quiet,
  ),
}));

const configuration = [
  ...bySignal.map(({ section }) => section),
  ...families.map(({ section }) => section),
  programSection(
    'patient',
    `command=${program('ignores-term')}`,
    'stopwaitsecs=3',
    'startsecs=0',
    'stdout_logfile=%(here)s/patient.log',
  ),
  programSection(
    'impatient',
    `command=${program('ignores-term')}`,
    'stopwaitsecs=0',
    'startsecs=0',
    'stdout_logfile=%(here)s/impatient.log',
  ),
  programSection('early', 'command=/bin/cat', 'startsecs=60'),
  programSection('retrying', `command=${program('exits-with-status')} 1`, 'startretries=20', 'startsecs=2'),
  programSection('unhurried', 'command=/bin/cat', 'autostart=false', 'startsecs=2'),
].join('');

/** Each line once, without those that depend on how soon the child dies and how often somebody looks. */
async function linesOfStop(daemon: Daemon, name: string): Promise<string[]> {
  const lines = await linesAbout(daemon, name);
  return [...new Set(lines.filter((line) => !/^DEBG '|^INFO waiting for /.test(line)))];
}

async function stopped(daemon: Daemon, name: string) {
  const answer = await daemon.rpc('supervisor.stopProcess', name);
  return { answer, info: await processInfo(daemon, name), lines: await linesOfStop(daemon, name) };
}

/** The child's own child, which tells whether a signal went to the whole group. */
async function grandchild(daemon: Daemon, name: string): Promise<number> {
  const file = join(daemon.dir, `${name}.pid`);
  let pid = 0;
  await waitFor(
    () => {
      try {
        pid = Number(readFileSync(file, 'utf8'));
      } catch {
        return false;
      }
      return pid > 0;
    },
    { what: `the child's child of ${name}` },
  );
  return pid;
}

function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') === false;
  } catch {
    return false;
  }
}

/** Whether it is alive still once a signal has had time to arrive. */
async function outlives(pid: number): Promise<boolean> {
  try {
    await waitFor(() => !isAlive(pid), { limit: 2000 });
    return false;
  } catch {
    return true;
  }
}

const familySteps = families.map(
  ({ name }): Step => ({
    name: `the processes that outlive the stop of ${name}`,
    async run(daemon) {
      const pid = await grandchild(daemon, name);
      const result = await stopped(daemon, name);
      const childOutlives = await outlives(pid);
      if (childOutlives) kill(pid, 'SIGKILL');
      return { childOutlives, ...result };
    },
  }),
);

compareDaemons('the stop of a process', {
  configuration,
  supervisord: 'loglevel=debug',
  steps: [
    {
      name: 'programs with stop signals run',
      async run(daemon) {
        for (const { name } of bySignal) await waitForState(daemon, name, 'RUNNING');
      },
    },
    ...bySignal.map(({ name }): Step => ({ name: `a stop ${name}`, run: (daemon) => stopped(daemon, name) })),
    ...familySteps,
    {
      name: 'SIGKILL after stopwaitsecs',
      async run(daemon) {
        await waitFor(async () => (await daemon.rpc('supervisor.readProcessLog', 'patient', 0, 0)) !== '');
        const begin = performance.now();
        const result = await stopped(daemon, 'patient');
        // supervisord may notice a second late that time is up, and once more that the child has died.
        const seconds = (performance.now() - begin) / 1000;
        const saysSo = (await linesAbout(daemon, 'patient')).includes('INFO waiting for patient to stop');
        return { ...result, saysSo, isPatient: seconds >= 3 && seconds < 10 };
      },
    },
    {
      name: 'SIGKILL at once with stopwaitsecs=0',
      async run(daemon) {
        await waitFor(async () => (await daemon.rpc('supervisor.readProcessLog', 'impatient', 0, 0)) !== '');
        return await stopped(daemon, 'impatient');
      },
    },
    {
      name: 'a stop while STARTING',
      async run(daemon) {
        await waitForState(daemon, 'early', 'STARTING');
        return await stopped(daemon, 'early');
      },
    },
    {
      name: 'a stop while in BACKOFF',
      async run(daemon) {
        // The third delay is long enough to meet.
        await waitFor(
          async () =>
            (await linesAbout(daemon, 'retrying')).filter((line) => line.startsWith('WARN exited')).length >=
            3,
        );
        const { lines, ...result } = await stopped(daemon, 'retrying');
        return { ...result, lines: lines.slice(-2) };
      },
    },
    {
      name: 'a stop of what has stopped',
      run: (daemon) => daemon.rpc('supervisor.stopProcess', 'retrying'),
    },
    {
      name: 'a start that somebody stops meanwhile',
      async run(daemon) {
        const start = daemon.rpc('supervisor.startProcess', 'unhurried').catch((error: unknown) => error);
        await waitForState(daemon, 'unhurried', 'STARTING');
        await daemon.rpc('supervisor.stopProcess', 'unhurried');
        throw await start;
      },
    },
    {
      name: 'a start and a stop that wait for nothing',
      async run(daemon) {
        const started = await daemon.rpc('supervisor.startProcess', 'by-term', false);
        await waitForState(daemon, 'by-term', 'RUNNING');
        const stopped = await daemon.rpc('supervisor.stopProcess', 'by-term', false);
        await waitForState(daemon, 'by-term', 'STOPPED');
        return { started, stopped };
      },
    },
    { name: 'all processes in the end', run: (daemon) => daemon.rpc('supervisor.getAllProcessInfo') },
  ],
});
