import { type LoadContext, loadSettings } from '../../../conf/load.ts';
import { compareCodePoints } from '../../../conf/python-text.ts';
import {
  type ChannelSettings,
  type GroupSettings,
  type HttpServerSettings,
  logLevels,
  type Ownership,
  type ProcessSettings,
  type Settings,
} from '../../../conf/settings.ts';
import { formatScrypt, type StoredPassword } from '../../../conf/stored-password.ts';

/** What `real-config.py` says of a configuration, from ours. */
export function ourAnswer(file: string, context: LoadContext): unknown {
  const result = loadSettings(file, context);
  if (result.type === 'invalid') return { type: 'invalid', code: 2, text: result.errors[0].text };
  return describe(result.settings);
}

/** Keys of `[supervisord]` that supervisord does not have. */
const newKeys = new Set(['exit_when_done', 'exit_code_from', 'runtime_directory', 'on_daemon_exit']);

function describe({ supervisord, httpServers, rpcInterfaces, groups: all, notices }: Settings): unknown {
  const groups = all.filter(isInBoth);
  const { user, loglevel, directory, environment, ...section } = supervisord;
  return {
    type: 'ok',
    supervisord: {
      ...Object.fromEntries(Object.entries(section).filter(([key]) => !newKeys.has(key))),
      loglevel: logLevels[loglevel],
      uid: user?.uid ?? null,
      directory: directory ?? null,
      environment: Object.fromEntries(environment),
    },
    servers: httpServers.map(describeServer),
    rpcinterfaces: rpcInterfaces.map(({ namespace }) => namespace),
    groups: groups.map(describeGroup),
    configInfo: groups
      .flatMap((group) => group.processes.map((process) => configInfo(group, process)))
      .sort((a, b) => compareCodePoints(a.name, b.name)),
    infos: notices.filter(({ level }) => level === 'info').map(({ text }) => text),
    warnings: notices
      .filter(({ level, text }) => level === 'warn' && !ourWarnings.test(text))
      .map(({ text }) => text),
  };
}

/** Warnings that only we give. */
const ourWarnings =
  /: unknown (key|section)|^The configuration uses what|^Cannot read included|listed twice|not followed|whoever reaches this address/;

function describeServer(server: HttpServerSettings): unknown {
  const { section, credentials } = server;
  const common = {
    section,
    username: credentials?.username ?? null,
    password: credentials === undefined ? null : passwordText(credentials.password),
  };
  if (server.type === 'inet') return { ...common, host: server.host, port: server.port };
  return { ...common, file: server.file, chmod: server.chmod, chown: pair(server.chown) };
}

function pair({ uid, gid }: Ownership): number[] {
  return [uid ?? -1, gid ?? -1];
}

function passwordText(password: StoredPassword): string {
  if (password.type === 'SHA') return `{SHA}${password.hex}`;
  return password.type === 'plain' ? password.text : formatScrypt(password);
}

const kinds = {
  program: 'ProcessGroupConfig',
  group: 'ProcessGroupConfig',
  eventlistener: 'EventListenerPoolConfig',
  'fcgi-program': 'FastCGIGroupConfig',
};

type GroupInBoth = Exclude<GroupSettings, { type: 'schedule' }>;

/** supervisord knows no schedules. */
function isInBoth(group: GroupSettings): group is GroupInBoth {
  return group.type !== 'schedule';
}

function describeGroup(group: GroupInBoth): unknown {
  const { type, name, priority, processes } = group;
  return {
    kind: kinds[type],
    name,
    priority,
    ...(group.type === 'eventlistener' && {
      buffer_size: group.buffer_size,
      events: [...group.events].sort(),
    }),
    ...(group.type === 'fcgi-program' && {
      socket: {
        url: group.socket.url,
        owner: group.socket.owner === undefined ? null : pair(group.socket.owner),
        mode: group.socket.mode ?? null,
        backlog: group.socket.backlog ?? null,
      },
    }),
    processes: processes.map((process) => ({
      name: process.name,
      environment: Object.fromEntries(process.environment),
      umask: process.umask ?? null,
      stopasgroup: process.stopasgroup,
      directory: process.directory ?? null,
      autorestart: process.autorestart,
    })),
  };
}

function configInfo(group: GroupSettings, process: ProcessSettings) {
  return {
    autostart: process.autostart,
    directory: process.directory ?? 'none',
    uid: process.user?.uid ?? 'none',
    command: process.command,
    exitcodes: process.exitcodes,
    group: group.name,
    group_prio: group.priority,
    inuse: false,
    killasgroup: process.killasgroup,
    name: process.name,
    process_prio: process.priority,
    redirect_stderr: process.redirect_stderr,
    startretries: process.startretries,
    startsecs: process.startsecs,
    stopsignal: process.stopsignal,
    stopwaitsecs: process.stopwaitsecs,
    serverurl: process.serverurl ?? 'none',
    ...channelInfo('stdout', process.stdout),
    ...channelInfo('stderr', process.stderr),
  };
}

function channelInfo(channel: string, settings: ChannelSettings): { [key: string]: unknown } {
  const { logfile } = settings;
  return {
    [`${channel}_capture_maxbytes`]: settings.capture_maxbytes,
    [`${channel}_events_enabled`]: settings.events_enabled,
    [`${channel}_logfile`]: logfile.type === 'file' ? logfile.path : logfile.type.toLowerCase(),
    [`${channel}_logfile_backups`]: settings.logfile_backups,
    [`${channel}_logfile_maxbytes`]: settings.logfile_maxbytes,
    [`${channel}_syslog`]: settings.syslog,
  };
}
