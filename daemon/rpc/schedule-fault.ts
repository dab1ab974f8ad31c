import { type FaultName, RpcFault } from '../../rpc/faults.ts';
import { isScheduleError, type ScheduleRefusal, type SchedulerControl } from '../schedule/control.ts';
import type { RpcContext } from './context.ts';

/** Faults are those that supervisord has: clients know no others. */
const faultsOf = {
  'unknown-job': 'BAD_NAME',
  'unknown-run': 'BAD_NAME',
  conflict: 'ALREADY_ADDED',
  'from-file': 'FAILED',
  invalid: 'BAD_ARGUMENTS',
  'max-instances': 'STILL_RUNNING',
  'not-running': 'NOT_RUNNING',
  'no-log': 'NO_FILE',
  unavailable: 'FAILED',
  'shutting-down': 'SHUTDOWN_STATE',
} satisfies Record<ScheduleRefusal, FaultName>;

/** Asks the scheduler. @throws {RpcFault} it refuses */
export async function askScheduler<T>(
  { schedules }: Pick<RpcContext, 'schedules'>,
  question: (scheduler: SchedulerControl) => Promise<T>,
): Promise<T> {
  try {
    return await question(schedules);
  } catch (error) {
    if (!isScheduleError(error)) throw error;
    const { refusal, message } = error;
    throw refusal === 'shutting-down'
      ? new RpcFault('SHUTDOWN_STATE')
      : new RpcFault(faultsOf[refusal], message);
  }
}
