/** Every XML-RPC method. What is not in these tables cannot be called, whatever its name. */
import {
  signalAllProcesses,
  signalProcess,
  signalProcessGroup,
  startAllProcesses,
  startProcess,
  startProcessGroup,
  stopAllProcesses,
  stopProcess,
  stopProcessGroup,
} from './control.ts';
import {
  clearLog,
  getAPIVersion,
  getIdentification,
  getPID,
  getState,
  getSupervisorVersion,
  readLog,
  reloadConfig,
  restart,
  shutdown,
} from './daemon.ts';
import { addProcessGroup, removeProcessGroup } from './groups.ts';
import { getAllConfigInfo, getAllProcessInfo, getProcessInfo } from './information.ts';
import {
  clearAllProcessLogs,
  clearProcessLogs,
  readProcessStderrLog,
  readProcessStdoutLog,
  tailProcessStderrLog,
  tailProcessStdoutLog,
} from './logs.ts';
import type { MethodTable } from './method.ts';
import {
  checkUpgrade,
  getAllProcessUsage,
  getProductVersion,
  getWarnings,
  updateProcessGroup,
  upgrade,
} from './monitor.ts';
import { sendRemoteCommEvent } from './remote-event.ts';
import {
  addJob,
  getAllJobs,
  getJob,
  getNextFireTimes,
  getRun,
  getRuns,
  getState as getSchedulerState,
  modifyJob,
  pause,
  pauseJob,
  readRunLog,
  removeAllJobs,
  removeJob,
  rescheduleJob,
  resume,
  resumeJob,
  runJob,
  stopRun,
  validate,
} from './scheduler.ts';
import { sendProcessStdin } from './stdin.ts';
import { listMethods, methodHelp, methodSignature, multicall } from './system.ts';

/** `supervisor.*`, or whatever namespaces the configuration gives them. Second names stay for old clients. */
export const supervisorMethods: MethodTable = new Map(
  Object.entries({
    addProcessGroup,
    clearAllProcessLogs,
    clearLog,
    clearProcessLog: clearProcessLogs,
    clearProcessLogs,
    getAPIVersion,
    getAllConfigInfo,
    getAllProcessInfo,
    getIdentification,
    getPID,
    getProcessInfo,
    getState,
    getSupervisorVersion,
    getVersion: getAPIVersion,
    readLog,
    readMainLog: readLog,
    readProcessLog: readProcessStdoutLog,
    readProcessStderrLog,
    readProcessStdoutLog,
    reloadConfig,
    removeProcessGroup,
    restart,
    sendProcessStdin,
    sendRemoteCommEvent,
    shutdown,
    signalAllProcesses,
    signalProcess,
    signalProcessGroup,
    startAllProcesses,
    startProcess,
    startProcessGroup,
    stopAllProcesses,
    stopProcess,
    stopProcessGroup,
    tailProcessLog: tailProcessStdoutLog,
    tailProcessStderrLog,
    tailProcessStdoutLog,
  }),
);

/** `monitor.*`: our own. */
export const monitorMethods: MethodTable = new Map(
  Object.entries({
    checkUpgrade,
    getAllProcessUsage,
    getProductVersion,
    getWarnings,
    updateProcessGroup,
    upgrade,
  }),
);

/** `scheduler.*`: our own. */
export const schedulerMethods: MethodTable = new Map(
  Object.entries({
    addJob,
    getAllJobs,
    getJob,
    getNextFireTimes,
    getRun,
    getRuns,
    getState: getSchedulerState,
    modifyJob,
    pause,
    pauseJob,
    readRunLog,
    removeAllJobs,
    removeJob,
    rescheduleJob,
    resume,
    resumeJob,
    runJob,
    stopRun,
    validate,
  }),
);

/** `system.*`. */
export const systemMethods: MethodTable = new Map(
  Object.entries({ listMethods, methodHelp, methodSignature, multicall }),
);

/**
 * The methods of a server by full name. Where names meet, the configuration's win over our own, and
 * `system` over all.
 *
 * @param namespaces the configured ones; one with a dot in it can be configured but, as in supervisord,
 *   not be called
 */
export function methodTable(namespaces: readonly string[]): MethodTable {
  const families: [string, MethodTable][] = [
    ['monitor', monitorMethods],
    ['scheduler', schedulerMethods],
    ...namespaces
      .filter((namespace) => !namespace.includes('.'))
      .map((namespace): [string, MethodTable] => [namespace, supervisorMethods]),
    ['system', systemMethods],
  ];
  const table = new Map();
  for (const [namespace, methods] of families) {
    for (const [name, method] of methods) table.set(`${namespace}.${name}`, method);
  }
  return table;
}
