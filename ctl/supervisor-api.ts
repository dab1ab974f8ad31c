import type { Encodable, XmlRpcValue } from '../rpc/xmlrpc-values.ts';
import { integer, listOf, type Read, struct, text, truth } from './answers.ts';

/** What `getProcessInfo` says about a process, as far as supervisorctl looks at it. */
export interface ProcessInfo {
  readonly group: string;
  readonly name: string;
  readonly state: number;
  readonly statename: string;
  readonly description: string;
  readonly pid: number;
  /** Every member the server sent, in its order. */
  readonly members: ReadonlyMap<string, XmlRpcValue>;
}

/** How one process fared in a call about many. `status` is a fault code; SUCCESS is one of them. */
export interface ProcessResult {
  readonly group: string;
  readonly name: string;
  readonly status: number;
  readonly description: string;
}

/** What `getAllConfigInfo` says about a configured process, as far as supervisorctl looks at it. */
export interface ConfigInfo {
  readonly group: string;
  readonly name: string;
  readonly inuse: boolean;
  readonly autostart: boolean;
  readonly group_prio: number;
  readonly process_prio: number;
}

/** Names of the groups that a reread found different. */
export interface ConfigChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** Calls a method and returns its answer as it came. */
export type Call = (method: string, ...params: readonly Encodable[]) => Promise<XmlRpcValue>;

export type LogChannel = 'stdout' | 'stderr';

/** The methods that supervisorctl uses, with typed answers. */
export type SupervisorApi = ReturnType<typeof supervisorApi>;

/**
 * The server's methods by their own names. Each throws what `Client.call` does, and `UnexpectedAnswer`
 * if the answer is not of the documented shape.
 */
export function supervisorApi(call: Call) {
  const ask = async <T>(read: Read<T>, method: string, ...params: readonly Encodable[]): Promise<T> =>
    read(await call(method, ...params));
  return {
    getVersion: () => ask(text, 'supervisor.getVersion'),
    getSupervisorVersion: () => ask(text, 'supervisor.getSupervisorVersion'),
    getProductVersion: () => ask(text, 'monitor.getProductVersion'),
    checkUpgrade: () => ask(text, 'monitor.checkUpgrade'),
    upgrade: () => ask(text, 'monitor.upgrade'),
    getWarnings: () => ask(listOf(text), 'monitor.getWarnings'),
    getPID: () => ask(integer, 'supervisor.getPID'),
    getProcessInfo: (name: string) => ask(processInfo, 'supervisor.getProcessInfo', name),
    getAllProcessInfo: () => ask(listOf(processInfo), 'supervisor.getAllProcessInfo'),
    getAllProcessUsage: () => ask(listOf(struct), 'monitor.getAllProcessUsage'),
    getAllConfigInfo: () => ask(listOf(configInfo), 'supervisor.getAllConfigInfo'),
    startProcess: (name: string) => ask(truth, 'supervisor.startProcess', name),
    startProcessGroup: (name: string) => ask(results, 'supervisor.startProcessGroup', name),
    startAllProcesses: () => ask(results, 'supervisor.startAllProcesses'),
    stopProcess: (name: string) => ask(truth, 'supervisor.stopProcess', name),
    stopProcessGroup: (name: string) => ask(results, 'supervisor.stopProcessGroup', name),
    stopAllProcesses: () => ask(results, 'supervisor.stopAllProcesses'),
    signalProcess: (name: string, signal: string) => ask(truth, 'supervisor.signalProcess', name, signal),
    signalProcessGroup: (name: string, signal: string) =>
      ask(results, 'supervisor.signalProcessGroup', name, signal),
    signalAllProcesses: (signal: string) => ask(results, 'supervisor.signalAllProcesses', signal),
    readLog: (offset: number, length: number) => ask(text, 'supervisor.readLog', offset, length),
    readProcessLog: (name: string, channel: LogChannel, range: { offset: number; length: number }) =>
      ask(text, readMethods[channel], name, range.offset, range.length),
    clearProcessLogs: (name: string) => ask(truth, 'supervisor.clearProcessLogs', name),
    clearAllProcessLogs: () => ask(results, 'supervisor.clearAllProcessLogs'),
    sendProcessStdin: (name: string, chars: string) => ask(truth, 'supervisor.sendProcessStdin', name, chars),
    reloadConfig: () => ask(configChanges, 'supervisor.reloadConfig'),
    addProcessGroup: (name: string) => ask(truth, 'supervisor.addProcessGroup', name),
    removeProcessGroup: (name: string) => ask(truth, 'supervisor.removeProcessGroup', name),
    updateProcessGroup: (name: string) => ask(results, 'monitor.updateProcessGroup', name),
    restart: () => ask(truth, 'supervisor.restart'),
    shutdown: () => ask(truth, 'supervisor.shutdown'),
  };
}

const readMethods = {
  stdout: 'supervisor.readProcessStdoutLog',
  stderr: 'supervisor.readProcessStderrLog',
} satisfies Record<LogChannel, string>;

const processInfo: Read<ProcessInfo> = (value) => {
  const members = struct(value);
  return {
    group: text(members.get('group')),
    name: text(members.get('name')),
    state: integer(members.get('state')),
    statename: text(members.get('statename')),
    description: text(members.get('description')),
    pid: integer(members.get('pid')),
    members,
  };
};

const results: Read<readonly ProcessResult[]> = listOf((value) => {
  const members = struct(value);
  return {
    group: text(members.get('group')),
    name: text(members.get('name')),
    status: integer(members.get('status')),
    description: text(members.get('description')),
  };
});

const configInfo: Read<ConfigInfo> = (value) => {
  const members = struct(value);
  return {
    group: text(members.get('group')),
    name: text(members.get('name')),
    inuse: truth(members.get('inuse')),
    autostart: truth(members.get('autostart')),
    group_prio: integer(members.get('group_prio')),
    process_prio: integer(members.get('process_prio')),
  };
};

/** The answer is an array that holds the one array of three. */
const configChanges: Read<ConfigChanges> = (value) => {
  const [[added = [], changed = [], removed = []] = []] = listOf(listOf(listOf(text)))(value);
  return { added, changed, removed };
};
