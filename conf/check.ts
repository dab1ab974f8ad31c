/** The report of `supervisord --check`. */
import { triggerFromSpec } from '../schedule/triggers/trigger-types.ts';
import { type ScheduleAction, type ScheduleSettings, schedulesOf } from './schedule-settings.ts';
import type {
  ChannelSettings,
  GroupSettings,
  HttpServerSettings,
  ProcessSettings,
  Settings,
} from './settings.ts';

/** What a configuration would run, with the warnings it gives rise to. */
export function checkReport({ file, supervisord, httpServers, groups, notices }: Settings): string {
  const processes = groups.flatMap((group) => group.processes);
  const schedules = schedulesOf(groups);
  const lines = [
    `${file}: ok, ${count(groups.length, 'group')}, ${count(processes.length, 'process', 'processes')}${
      schedules.length === 0 ? '' : `, ${count(schedules.length, 'schedule')}`
    }`,
    `log: ${supervisord.logfile} (${supervisord.loglevel}), pid file: ${supervisord.pidfile}`,
    ...(supervisord.user === undefined ? [] : [`user: ${supervisord.user.name}`]),
    ...httpServers.map(describeServer),
    ...(httpServers.length === 0 ? ['server: none, so supervisorctl cannot connect'] : []),
    ...groups.flatMap(describeGroup),
    ...notices.filter(({ level }) => level !== 'info').map(({ level, text }) => `${level}: ${text}`),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Keeps each thing on its line, whatever a value contains. */
function printable(line: string): string {
  return line.replace(/[\x00-\x1f\x7f]/g, (control) => (control === '\n' ? ' ' : '?'));
}

function describeServer(server: HttpServerSettings): string {
  const where =
    server.type === 'unix' ? server.file : `${server.host === '' ? '*' : server.host}:${server.port}`;
  return `server: ${where}${server.credentials === undefined ? ' (no authentication)' : ''}`;
}

function describeGroup(group: GroupSettings): string[] {
  const { name, processes, schedules = [] } = group;
  const described = schedules.flatMap((schedule) => ['', ...describeSchedule(schedule)]);
  if (processes.length > 0)
    described.push(...processes.flatMap((process) => ['', ...describeProcess(process)]));
  else if (group.type !== 'schedule') described.push('', `${name}: no processes`);
  return described;
}

function describeSchedule({ name, action, trigger, jitter, paused }: ScheduleSettings): string[] {
  const { timezone } = trigger;
  const details = [
    `when: ${triggerFromSpec(trigger)}${typeof timezone === 'string' ? `, ${timezone}` : ''}`,
    ...(jitter === 0 ? [] : [`jitter: ${jitter} seconds`]),
    ...(action.type === 'run' ? [] : [`action: ${describeAction(action)}`]),
    ...(paused ? ['paused: yes'] : []),
  ];
  return [`schedule ${name}`, ...details.map((detail) => `  ${detail}`)];
}

function describeAction(action: Exclude<ScheduleAction, { type: 'run' }>): string {
  const { target } = action;
  const verb = action.type === 'signal' ? `signal ${action.signal}` : action.type;
  switch (target.type) {
    case 'section':
      return `${verb} [${target.section}]`;
    case 'group':
      return `${verb} ${target.group}:*`;
    case 'process':
      return `${verb} ${target.group}:${target.name}`;
  }
}

function describeProcess(process: ProcessSettings): string[] {
  const { autostart, autorestart, user, directory, redirect_stderr, stdout, stderr } = process;
  const details = [
    `command: ${process.command}`,
    `autostart: ${autostart ? 'yes' : 'no'}, autorestart: ${autorestart}, priority: ${process.priority}`,
    ...(user === undefined ? [] : [`user: ${user.name}`]),
    ...(directory === undefined ? [] : [`directory: ${directory}`]),
    `stdout: ${describeChannel(stdout)}`,
    `stderr: ${redirect_stderr ? 'to stdout' : describeChannel(stderr)}`,
  ];
  return [`${process.group}:${process.name}`, ...details.map((detail) => `  ${detail}`)];
}

function describeChannel({ logfile, logfile_maxbytes, logfile_backups, syslog }: ChannelSettings): string {
  const copy = syslog ? ', syslog' : '';
  if (logfile.type === 'NONE') return `not logged${copy}`;
  const path = logfile.type === 'AUTO' ? 'automatic file' : logfile.path;
  if (logfile_maxbytes <= 0) return `${path}, never rotated${copy}`;
  return `${path}, ${logfile_maxbytes} bytes, ${count(logfile_backups, 'backup')}${copy}`;
}
