/** What a schedule can do with long-running programs: what a client could ask for, at a time of day. */
import type { ScheduleAction, ScheduleTarget } from '../../conf/schedule-settings.ts';
import { runningStates, signallableStates } from '../../rpc/process-states.ts';
import type { RunResult } from '../../schedule/executor.ts';
import type { SupervisedProcess, SupervisorControl } from '../process/control.ts';
import type { Occasion } from '../process/occasion.ts';

/** What is done to programs, as opposed to a run of processes of its own. */
export type ProgramAction = Exclude<ScheduleAction, { type: 'run' }>;

/** What has become of one process: nothing to do, done, or the text of what went wrong. */
type Outcome = 'done' | 'nothing to do' | { readonly problem: string };

/**
 * Does something to all processes of a target.
 *
 * @returns SKIPPED if there was nothing to do for any of them, FAILED with what was wrong with the first
 */
export async function act(supervisor: SupervisorControl, action: ProgramAction): Promise<RunResult> {
  const processes = targetsOf(supervisor, action.target);
  if (processes.length === 0) return { outcome: 'FAILED', error: `BAD_NAME: ${targetName(action.target)}` };
  const outcomes = await Promise.all(processes.map((process) => actOn(supervisor, process, action)));
  const problem = outcomes.find((outcome) => typeof outcome === 'object');
  if (problem !== undefined) return { outcome: 'FAILED', error: problem.problem };
  if (outcomes.includes('done')) return { outcome: 'SUCCESS' };
  return { outcome: 'SKIPPED', error: nothingToDo[action.type] };
}

/** Starts what follows a run; what runs already is left alone. @returns what went wrong with the first, if anything */
export async function startAll(
  supervisor: SupervisorControl,
  target: ScheduleTarget,
  occasion: Occasion,
): Promise<string | undefined> {
  const processes = targetsOf(supervisor, target);
  if (processes.length === 0) return `BAD_NAME: ${targetName(target)}`;
  const outcomes = await Promise.all(
    processes.map((process) => start(supervisor, process, { until: 'spawned', occasion })),
  );
  return outcomes.find((outcome) => typeof outcome === 'object')?.problem;
}

const nothingToDo = {
  start: 'it runs already',
  stop: 'it does not run',
  restart: 'it does not run',
  signal: 'it does not run',
} as const satisfies { readonly [T in ProgramAction['type']]: string };

/** As people call it. */
export function targetName(target: ScheduleTarget): string {
  if (target.type === 'section') return target.section.slice(target.section.indexOf(':') + 1);
  return target.type === 'group' ? `${target.group}:*` : `${target.group}:${target.name}`;
}

/** The active processes that a target means, in the order in which they are started. */
function targetsOf(supervisor: SupervisorControl, target: ScheduleTarget): SupervisedProcess[] {
  const groups = supervisor.groupsByPriority().filter(({ settings }) => settings.type !== 'schedule');
  const processes = groups.flatMap((group) => [...group.processes.values()]);
  const isMeant = ({ settings }: SupervisedProcess): boolean => {
    if (target.type === 'section') return settings.section === target.section;
    return settings.group === target.group && (target.type === 'group' || settings.name === target.name);
  };
  return processes.filter(isMeant).sort((one, other) => one.settings.priority - other.settings.priority);
}

async function actOn(
  supervisor: SupervisorControl,
  process: SupervisedProcess,
  action: ProgramAction,
): Promise<Outcome> {
  switch (action.type) {
    case 'start':
      return await start(supervisor, process, { until: 'running' });
    case 'stop':
      return await stop(supervisor, process);
    case 'restart': {
      const stopped = await stop(supervisor, process);
      // What somebody has stopped stays so.
      return stopped === 'done' ? await start(supervisor, process, { until: 'running' }) : stopped;
    }
    case 'signal':
      return signal(supervisor, process, action.signal);
    default:
      return action satisfies never;
  }
}

async function start(
  supervisor: SupervisorControl,
  process: SupervisedProcess,
  options: { readonly until: 'running' | 'spawned'; readonly occasion?: Occasion },
): Promise<Outcome> {
  if (runningStates.has(process.view().state)) return 'nothing to do';
  const outcome = await supervisor.start(process, options);
  switch (outcome.type) {
    case 'started':
      return 'done';
    case 'already-started':
      return 'nothing to do';
    case 'left':
      return await never();
    case 'no-file':
    case 'not-executable':
    case 'refused':
      return { problem: outcome.reason };
    case 'unknown-state':
      return { problem: `${process.settings.name} is in an unknown process state` };
    case 'spawn-error':
      return { problem: `SPAWN_ERROR: ${process.view().spawnerr || process.settings.name}` };
    case 'abnormal-termination':
      return { problem: `ABNORMAL_TERMINATION: ${process.settings.name}` };
    default:
      return outcome satisfies never;
  }
}

async function stop(supervisor: SupervisorControl, process: SupervisedProcess): Promise<Outcome> {
  const outcome = await supervisor.stop(process, { until: 'stopped' });
  switch (outcome.type) {
    case 'stopped':
      return 'done';
    case 'not-running':
      return 'nothing to do';
    case 'left':
      return await never();
    case 'failed':
      return { problem: outcome.reason };
    default:
      return outcome satisfies never;
  }
}

function signal(supervisor: SupervisorControl, process: SupervisedProcess, number: number): Outcome {
  if (!signallableStates.has(process.view().state)) return 'nothing to do';
  const outcome = supervisor.signal(process, number);
  if (outcome.type === 'failed') return { problem: outcome.reason };
  return outcome.type === 'signalled' ? 'done' : 'nothing to do';
}

/** Another daemon will see what comes of it. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
