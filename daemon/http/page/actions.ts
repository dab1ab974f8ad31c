/**
 * What the buttons of the page do. Each answers when it is done, which may take as long as the process it
 * is about, with the message that the page shows then.
 *
 * @see supervisor/web.py, `StatusView.make_callback`
 */
import { type FaultName, RpcFault } from '../../../rpc/faults.ts';
import { callMethod } from '../../rpc/call.ts';
import type { RpcContext } from '../../rpc/context.ts';
import { findProcess } from '../../rpc/find.ts';
import { methodTable } from '../../rpc/table.ts';

interface Action {
  readonly label: string;
  /** What it changes. */
  readonly changes: 'nothing' | 'everything' | 'process';
  /**
   * @param namespec of the process, if that is what it changes
   * @throws {RpcFault} which is told as unexpected
   */
  run(context: RpcContext, namespec: string): Promise<string>;
}

/** By the names that links and forms have for them. */
export const actions = {
  refresh: {
    label: 'Refresh',
    changes: 'nothing',
    run: async ({ now }) => `Page refreshed at ${clockTime(now())}`,
  },
  restartall: {
    label: 'Restart All',
    changes: 'everything',
    async run(context) {
      await call(context, 'stopAllProcesses');
      await call(context, 'startAllProcesses');
      return `All restarted at ${clockTime(context.now())}`;
    },
  },
  stopall: {
    label: 'Stop All',
    changes: 'everything',
    async run(context) {
      await call(context, 'stopAllProcesses');
      return `All stopped at ${clockTime(context.now())}`;
    },
  },
  start: {
    label: 'Start',
    changes: 'process',
    async run(context, namespec) {
      try {
        await call(context, 'startProcess', namespec);
        return `Process ${namespec} started`;
      } catch (error) {
        if (!(error instanceof RpcFault)) throw error;
        return `ERROR: Process ${namespec}: ${startFaults[error.name] ?? unexpected(error)}`;
      }
    },
  },
  stop: {
    label: 'Stop',
    changes: 'process',
    async run(context, namespec) {
      await call(context, 'stopProcess', namespec);
      return `Process ${namespec} stopped`;
    },
  },
  restart: {
    label: 'Restart',
    changes: 'process',
    // The same message whatever became of it, as supervisord's: the state beside it tells.
    async run(context, namespec) {
      await callInVain(context, 'stopProcess', namespec);
      await callInVain(context, 'startProcess', namespec);
      return `Process ${namespec} restarted`;
    },
  },
  clearlog: {
    label: 'Clear Log',
    changes: 'process',
    async run(context, namespec) {
      await call(context, 'clearProcessLogs', namespec);
      return `Log for ${namespec} cleared`;
    },
  },
} satisfies Readonly<Record<string, Action>>;

export type ActionName = keyof typeof actions;

export function isActionName(name: string): name is ActionName {
  return Object.hasOwn(actions, name);
}

/**
 * Carries out an action.
 *
 * @param namespec of the process, for an action that changes one; empty for others
 * @returns the message
 */
export async function perform(context: RpcContext, name: ActionName, namespec: string): Promise<string> {
  const action: Action = actions[name];
  if (action.changes !== 'nothing' && context.supervisor.state !== 'RUNNING') {
    return unexpected(new RpcFault('SHUTDOWN_STATE'));
  }
  try {
    if (action.changes === 'process') findProcess(context.supervisor, namespec);
    return await action.run(context, namespec);
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    if (error.name === 'BAD_NAME') return `No such process named ${namespec}`;
    return unexpected(error);
  }
}

/** A fault for which the page has no words of its own. */
export function unexpected({ code, message }: RpcFault): string {
  return `unexpected rpc fault [${code}] ${message}`;
}

const startFaults: { readonly [F in FaultName]?: string } = {
  NO_FILE: 'no such file',
  NOT_EXECUTABLE: 'file not executable',
  ALREADY_STARTED: 'already started',
  SPAWN_ERROR: 'spawn error',
  ABNORMAL_TERMINATION: 'abnormal termination',
};

/** Whatever namespace the configuration gives them to clients. */
const methods = methodTable(['supervisor']);

async function call(context: RpcContext, method: string, ...params: readonly string[]): Promise<void> {
  await callMethod({ ...context, methods }, `supervisor.${method}`, params);
}

/** As `call`, and a fault is as good as a success. */
async function callInVain(context: RpcContext, method: string, namespec: string): Promise<void> {
  try {
    await call(context, method, namespec);
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
  }
}

/** As C's `ctime`, in local time: `Sun Nov  2 05:17:45 2026`. */
function clockTime(epoch: number): string {
  const date = new Date(epoch * 1000);
  const [weekday, month, , year] = date.toDateString().split(' ');
  return `${weekday} ${month} ${String(date.getDate()).padStart(2)} ${date.toTimeString().slice(0, 8)} ${year}`;
}
