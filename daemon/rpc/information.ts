/**
 * Methods that tell about processes and their configuration.
 *
 * @see supervisor/rpcinterface.py
 */
import type { ChannelSettings, GroupSettings, ProcessSettings } from '../../conf/settings.ts';
import { processStates } from '../../rpc/process-states.ts';
import { Double, type Encodable } from '../../rpc/xmlrpc.ts';
import type { Channel } from '../host/host.ts';
import type { SupervisedProcess, SupervisorControl } from '../process/control.ts';
import type { ScheduleStatus } from '../schedule/status.ts';
import { allByName, compareNames, findProcess } from './find.ts';
import { method } from './method.ts';
import { string } from './parameter.ts';

/**
 * `supervisor.getProcessInfo(name)`.
 *
 * @throws {RpcFault} `BAD_NAME`, also for a whole group
 */
export const getProcessInfo = method({
  parameters: [string],
  parameterNames: 'name',
  returns: 'struct',
  help: 'State, times, log files and description of a process.',
  call({ supervisor, catchUp, now }, name) {
    return afterwards(catchUp(), () => processInfo(findProcess(supervisor, name), now()));
  },
});

/** `supervisor.getAllProcessInfo()`: sorted by name of the group, then of the process. */
export const getAllProcessInfo = method({
  parameters: [],
  returns: 'array',
  help: 'What getProcessInfo answers, for all processes.',
  call({ supervisor, catchUp, now }) {
    return afterwards(catchUp(), () => {
      const time = now();
      return allByName(supervisor).map((process) => processInfo(process, time));
    });
  },
});

/** `supervisor.getAllConfigInfo()`: of the configuration that was read last, sorted by process name. */
export const getAllConfigInfo = method({
  parameters: [],
  returns: 'array',
  help: 'The configuration of all processes, as it was read last. Values that are not set are none.',
  call({ configuration, supervisor }) {
    return configuration()
      .groups.flatMap((group) => group.processes.map((process) => ({ group, process })))
      .sort((a, b) => compareNames(a.process.name, b.process.name))
      .map(({ group, process }) => configInfo(supervisor, group, process));
  },
});

/** At once, if there is nothing to wait for. */
function afterwards<T>(waitFor: Promise<void> | undefined, answer: () => T): T | Promise<T> {
  return waitFor === undefined ? answer() : waitFor.then(answer);
}

function processInfo(supervised: SupervisedProcess, now: number): Encodable {
  const { logfiles } = supervised.child;
  const process = supervised.view();
  const stdout = logfiles.stdout ?? '';
  return {
    name: process.name,
    group: process.group,
    start: Math.trunc(process.start),
    stop: Math.trunc(process.stop),
    now: Math.trunc(now),
    state: processStates[process.state],
    statename: process.state,
    spawnerr: process.spawnerr,
    exitstatus: process.exitstatus,
    logfile: stdout,
    stdout_logfile: stdout,
    stderr_logfile: logfiles.stderr ?? '',
    pid: process.pid,
    description: process.description,
    ...(process.schedule && scheduleMembers(process.schedule)),
  };
}

/** XML-RPC has no nil: 0 and empty text say that there is none. */
function scheduleMembers({ nextRun, lastRun, runId = '' }: ScheduleStatus) {
  return {
    substate: 'scheduled',
    next_run: new Double(nextRun?.time ?? 0),
    last_run: new Double(lastRun?.started ?? lastRun?.ended ?? 0),
    last_outcome: lastRun?.outcome ?? '',
    run_id: runId,
  };
}

const autorestart = { always: true, never: false, unexpected: 'unexpected' } as const;

function configInfo(
  supervisor: SupervisorControl,
  group: GroupSettings,
  process: ProcessSettings,
): Encodable {
  const { stdout, stderr } = process;
  return {
    autostart: process.autostart,
    autorestart: autorestart[process.autorestart],
    directory: process.directory ?? 'none',
    uid: process.user?.uid ?? 'none',
    command: process.command,
    exitcodes: process.exitcodes,
    group: group.name,
    group_prio: group.priority,
    inuse: supervisor.groups.has(group.name),
    killasgroup: process.killasgroup,
    name: process.name,
    process_prio: process.priority,
    redirect_stderr: process.redirect_stderr,
    startretries: process.startretries,
    startsecs: process.startsecs,
    stdout_capture_maxbytes: stdout.capture_maxbytes,
    stdout_events_enabled: stdout.events_enabled,
    stdout_logfile: logfile(supervisor, process, 'stdout'),
    stdout_logfile_backups: stdout.logfile_backups,
    stdout_logfile_maxbytes: stdout.logfile_maxbytes,
    stdout_syslog: stdout.syslog,
    stopsignal: process.stopsignal,
    stopwaitsecs: process.stopwaitsecs,
    stderr_capture_maxbytes: stderr.capture_maxbytes,
    stderr_events_enabled: stderr.events_enabled,
    stderr_logfile: logfile(supervisor, process, 'stderr'),
    stderr_logfile_backups: stderr.logfile_backups,
    stderr_logfile_maxbytes: stderr.logfile_maxbytes,
    stderr_syslog: stderr.syslog,
    serverurl: process.serverurl ?? 'none',
  };
}

/** The file's path. AUTO has one only where these very settings are the active ones. */
function logfile(supervisor: SupervisorControl, process: ProcessSettings, channel: Channel): string {
  const { logfile }: ChannelSettings = process[channel];
  switch (logfile.type) {
    case 'file':
      return logfile.path;
    case 'NONE':
      return 'none';
    case 'AUTO': {
      const active = supervisor.groups.get(process.group)?.processes.get(process.name);
      return (active?.settings === process ? active.child.logfiles[channel] : undefined) ?? 'auto';
    }
  }
}
