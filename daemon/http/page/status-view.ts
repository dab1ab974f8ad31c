import { formatNamespec } from '../../../rpc/namespec.ts';
import type { ProcessStateName, SupervisorStateName } from '../../../rpc/process-states.ts';
import { supervisorVersion } from '../../../rpc/version.ts';
import type { SupervisedProcess } from '../../process/control.ts';
import type { RpcContext } from '../../rpc/context.ts';
import { allByName } from '../../rpc/find.ts';
import type { ActionName } from './actions.ts';

/** What the status page shows. */
export interface StatusView {
  readonly daemonState: SupervisorStateName;
  /** What the last action said, or whatever the link to the page says it did. */
  readonly message: string | undefined;
  /** What whoever looks after the daemon should know. */
  readonly warnings: readonly string[];
  /** By name of the group, then of the process. */
  readonly processes: readonly ProcessRow[];
  /** Goes with each action. */
  readonly token: string;
  /** The release of supervisord that this program stands in for. */
  readonly supervisorVersion: string;
  readonly productVersion: string;
}

/** A process on the status page. */
export interface ProcessRow {
  readonly namespec: string;
  readonly state: ProcessStateName;
  readonly description: string;
  /** What makes sense in that state. */
  readonly actions: readonly ActionName[];
}

/** What the status page shows at this moment. */
export function statusView(
  { supervisor, productVersion }: RpcContext,
  given: Pick<StatusView, 'message' | 'warnings' | 'token'>,
): StatusView {
  const isRunning = supervisor.state === 'RUNNING';
  return {
    ...given,
    daemonState: supervisor.state,
    processes: allByName(supervisor).map((process) => processRow(process, isRunning)),
    supervisorVersion,
    productVersion,
  };
}

function processRow(process: SupervisedProcess, isDaemonRunning: boolean): ProcessRow {
  const { group, name, state, description } = process.view();
  const actions = isDaemonRunning ? actionsIn(state) : [];
  return { namespec: formatNamespec(group, name), state, description, actions };
}

/** @see supervisor/web.py, `actions_for_process` */
function actionsIn(state: ProcessStateName): readonly ActionName[] {
  switch (state) {
    case 'RUNNING':
      return ['restart', 'stop', 'clearlog'];
    case 'STOPPED':
    case 'EXITED':
    case 'FATAL':
      return ['start', 'clearlog'];
    case 'STARTING':
    case 'BACKOFF':
    case 'STOPPING':
    case 'UNKNOWN':
      return ['clearlog'];
    default:
      return state satisfies never;
  }
}
