/** What the end of processes means to the run that they are. */
import type { RunResult } from '../../schedule/executor.ts';
import type { EndOutcome, SupervisedProcess } from '../process/control.ts';

/** From good to bad. */
const severity = {
  SUCCESS: 0,
  SKIPPED: 1,
  CANCELLED: 2,
  FAILED: 3,
  SPAWN_ERROR: 4,
  LOST: 5,
} as const satisfies { readonly [O in RunResult['outcome']]: number };

/** A run is what the worst of its processes is; of equal ones the first. */
export function combinedResult(results: readonly RunResult[]): RunResult {
  return results.reduce((worst, result) =>
    severity[result.outcome] > severity[worst.outcome] ? result : worst,
  );
}

/** What the end of one process says. */
export function resultOf(process: SupervisedProcess, outcome: EndOutcome | undefined): RunResult {
  const { settings } = process;
  const { lastExit, spawnerr } = process.view();
  if (outcome?.type !== 'ended')
    return { outcome: 'LOST', error: 'its group was removed while it was out of reach' };
  if (outcome.state === 'FATAL') return { outcome: 'SPAWN_ERROR', error: spawnerr };
  const how = endOf(lastExit);
  if (outcome.state === 'STOPPED') return { outcome: 'CANCELLED', ...how };
  switch (lastExit?.type) {
    case 'exited': {
      const { code } = lastExit;
      if (settings.exitcodes.includes(code)) return { outcome: 'SUCCESS', ...how };
      return { outcome: 'FAILED', ...how, error: `exit status ${code}` };
    }
    case 'signalled':
      return { outcome: 'FAILED', ...how, error: `terminated by signal ${lastExit.signal}` };
    case 'unknown':
    case undefined:
      return { outcome: 'LOST', error: 'it ended while nobody was there to see how' };
    default:
      return lastExit satisfies never;
  }
}

function endOf(
  exit: ReturnType<SupervisedProcess['view']>['lastExit'],
): Pick<RunResult, 'exitStatus' | 'signal'> {
  if (exit?.type === 'exited') return { exitStatus: exit.code };
  return exit?.type === 'signalled' ? { signal: exit.signal } : {};
}
