/**
 * Methods that start, stop and signal: one process, a group, everything.
 *
 * @see supervisor/rpcinterface.py
 */
import { InvalidValue } from '../../conf/invalid-value.ts';
import { signalNumber } from '../../conf/signals.ts';
import { RpcFault } from '../../rpc/faults.ts';
import { runningStates, signallableStates } from '../../rpc/process-states.ts';
import type { Encodable } from '../../rpc/xmlrpc.ts';
import type { SupervisedProcess } from '../process/control.ts';
import { allByPriority, byPriority, find, findGroup } from './find.ts';
import { type CallContext, method } from './method.ts';
import { boolean, optional, signalText, string } from './parameter.ts';
import { forEach } from './status.ts';

const wait = optional(boolean, true);

/**
 * `supervisor.startProcess(name, wait = true)`. With `wait` the answer comes when the process is RUNNING.
 *
 * @returns always `true`; for a group, as `startProcessGroup`
 * @throws {RpcFault} `BAD_NAME`, `NO_FILE`, `NOT_EXECUTABLE`, `ALREADY_STARTED`, `FAILED`, `SPAWN_ERROR`,
 *   `ABNORMAL_TERMINATION`
 */
export const startProcess = method({
  parameters: [string, wait],
  parameterNames: 'name, wait=true',
  returns: 'boolean',
  help: 'Starts a process. With wait, answers when it is RUNNING or has failed to get there.',
  async call(context, name, wait) {
    const target = find(context.supervisor, name);
    if (target.type === 'group') return startAll(context, byPriority(target.group), wait);
    await start(context, target.process, name, wait);
    return true;
  },
});

/** `supervisor.startProcessGroup(name, wait = true)`; processes that are running are left out. */
export const startProcessGroup = method({
  parameters: [string, wait],
  parameterNames: 'name, wait=true',
  returns: 'array',
  help: 'Starts the processes of a group that are not running. Answers a status for each.',
  call: (context, name, wait) => startAll(context, byPriority(findGroup(context.supervisor, name)), wait),
});

/** `supervisor.startAllProcesses(wait = true)`. Runs of schedules are left to their times. */
export const startAllProcesses = method({
  parameters: [wait],
  parameterNames: 'wait=true',
  returns: 'array',
  help: 'Starts all processes that are not running, but no schedules. Answers a status for each.',
  call(context, wait) {
    const groups = context.supervisor
      .groupsByPriority()
      .filter(({ settings }) => settings.type !== 'schedule');
    return startAll(context, groups.flatMap(byPriority), wait);
  },
});

/**
 * `supervisor.stopProcess(name, wait = true)`. With `wait` the answer comes when the process has stopped,
 * which can take `stopwaitsecs` seconds and more; without it, once the signal is sent.
 *
 * @returns always `true`; for a group, as `stopProcessGroup`
 * @throws {RpcFault} `BAD_NAME`, `NOT_RUNNING`, `FAILED`
 */
export const stopProcess = method({
  parameters: [string, wait],
  parameterNames: 'name, wait=true',
  returns: 'boolean',
  help: 'Stops a process. With wait, answers when it has stopped.',
  async call(context, name, wait) {
    const target = find(context.supervisor, name);
    if (target.type === 'group') return stopAll(context, byPriority(target.group), wait);
    await stop(context, target.process, name, wait);
    return true;
  },
});

/** `supervisor.stopProcessGroup(name, wait = true)`; processes that are not running are left out. */
export const stopProcessGroup = method({
  parameters: [string, wait],
  parameterNames: 'name, wait=true',
  returns: 'array',
  help: 'Stops the running processes of a group. Answers a status for each.',
  call: (context, name, wait) => stopAll(context, byPriority(findGroup(context.supervisor, name)), wait),
});

/** `supervisor.stopAllProcesses(wait = true)`. Ascending by priority, as they start. */
export const stopAllProcesses = method({
  parameters: [wait],
  parameterNames: 'wait=true',
  returns: 'array',
  help: 'Stops all running processes. Answers a status for each.',
  call: (context, wait) => stopAll(context, allByPriority(context.supervisor), wait),
});

/**
 * `supervisor.signalProcess(name, signal)`: signals the child itself, never its process group.
 *
 * @returns always `true`; for a group, as `signalProcessGroup`
 * @throws {RpcFault} `BAD_NAME`, `BAD_SIGNAL`, `NOT_RUNNING`, `FAILED`
 */
export const signalProcess = method({
  parameters: [string, signalText],
  parameterNames: 'name, signal',
  returns: 'boolean',
  help: 'Sends a signal, given by name (HUP, SIGHUP) or number, to a process.',
  call(context, name, signal) {
    const target = find(context.supervisor, name);
    if (target.type === 'group') return signalAll(context, byPriority(target.group), signal);
    send(context, target.process, name, signal);
    return true;
  },
});

/** `supervisor.signalProcessGroup(name, signal)`; processes without a child are left out. */
export const signalProcessGroup = method({
  parameters: [string, signalText],
  parameterNames: 'name, signal',
  returns: 'array',
  help: 'Sends a signal to the processes of a group that have a child. Answers a status for each.',
  call: (context, name, signal) =>
    signalAll(context, byPriority(findGroup(context.supervisor, name)), signal),
});

/** `supervisor.signalAllProcesses(signal)`. */
export const signalAllProcesses = method({
  parameters: [signalText],
  parameterNames: 'signal',
  returns: 'array',
  help: 'Sends a signal to all processes that have a child. Answers a status for each.',
  call: (context, signal) => signalAll(context, allByPriority(context.supervisor), signal),
});

function startAll(
  context: CallContext,
  processes: readonly SupervisedProcess[],
  wait: boolean,
): Promise<Encodable> {
  const stopped = processes.filter((process) => !runningStates.has(process.view().state));
  return forEach(stopped, (process, namespec) => start(context, process, namespec, wait));
}

function stopAll(
  context: CallContext,
  processes: readonly SupervisedProcess[],
  wait: boolean,
): Promise<Encodable> {
  const running = processes.filter((process) => runningStates.has(process.view().state));
  return forEach(running, (process, namespec) => stop(context, process, namespec, wait));
}

function signalAll(
  context: CallContext,
  processes: readonly SupervisedProcess[],
  signal: string,
): Promise<Encodable> {
  const alive = processes.filter((process) => signallableStates.has(process.view().state));
  return forEach(alive, (process, namespec) => send(context, process, namespec, signal));
}

async function start(
  { supervisor }: CallContext,
  process: SupervisedProcess,
  name: string,
  wait: boolean,
): Promise<void> {
  const outcome = await supervisor.start(process, { until: wait ? 'running' : 'spawned' });
  switch (outcome.type) {
    case 'started':
      return;
    case 'no-file':
      throw new RpcFault('NO_FILE', outcome.reason);
    case 'not-executable':
      throw new RpcFault('NOT_EXECUTABLE', outcome.reason);
    case 'refused':
      throw new RpcFault('FAILED', outcome.reason);
    case 'already-started':
      throw new RpcFault('ALREADY_STARTED', name);
    case 'unknown-state':
      throw new RpcFault('FAILED', `${name} is in an unknown process state`);
    case 'spawn-error':
      throw new RpcFault('SPAWN_ERROR', name);
    case 'abnormal-termination':
      throw new RpcFault('ABNORMAL_TERMINATION', name);
    case 'left':
      throw leftFault(name);
    default:
      outcome satisfies never;
  }
}

async function stop(
  { supervisor }: CallContext,
  process: SupervisedProcess,
  name: string,
  wait: boolean,
): Promise<void> {
  const outcome = await supervisor.stop(process, { until: wait ? 'stopped' : 'signalled' });
  if (outcome.type === 'not-running') throw new RpcFault('NOT_RUNNING', name);
  if (outcome.type === 'failed') throw new RpcFault('FAILED', outcome.reason);
  if (outcome.type === 'left') throw leftFault(name);
}

/** What was asked for has begun, and the next version goes on with it. */
function leftFault(name: string): RpcFault {
  return new RpcFault('FAILED', `${name}: supervisord is being upgraded, and does not wait for it`);
}

function send({ supervisor }: CallContext, process: SupervisedProcess, name: string, signal: string): void {
  const outcome = supervisor.signal(process, toNumber(signal));
  if (outcome.type === 'not-running') throw new RpcFault('NOT_RUNNING', name);
  if (outcome.type === 'failed') throw new RpcFault('FAILED', outcome.reason);
}

function toNumber(text: string): number {
  try {
    return signalNumber(text);
  } catch (error) {
    if (error instanceof InvalidValue) throw new RpcFault('BAD_SIGNAL', text);
    throw error;
  }
}
