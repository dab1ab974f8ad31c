/**
 * What a configuration means: typed, expanded, checked. Key names are those of the file, so one search
 * finds a key in the file, here and in the code that acts on it.
 *
 * @see docs/configuration/README.md
 */
import type { SchedulerSettings, ScheduleSettings } from './schedule-settings.ts';
import type { StoredPassword } from './stored-password.ts';

/** A user of the system, as `user=` names it. */
export interface User {
  readonly name: string;
  readonly uid: number;
  /** Primary group. */
  readonly gid: number;
}

export const logLevels = {
  critical: 50,
  error: 40,
  warn: 30,
  info: 20,
  debug: 10,
  trace: 5,
  blather: 3,
} as const;
export type LogLevel = keyof typeof logLevels;

/** `AUTO`: a file that the daemon names, in `childlogdir`. `NONE`: output is read and thrown away. */
export type Logfile =
  | { readonly type: 'AUTO' }
  | { readonly type: 'NONE' }
  | { readonly type: 'file'; readonly path: string };

/** Variables by name. A `Map`, because names are user input. */
export type Environment = ReadonlyMap<string, string>;

/** `[supervisord]`. */
export interface SupervisordSettings {
  /** A path, made absolute, or `syslog`. */
  readonly logfile: string;
  /** Bytes; 0: never rotate. */
  readonly logfile_maxbytes: number;
  readonly logfile_backups: number;
  readonly loglevel: LogLevel;
  /** Absolute. */
  readonly pidfile: string;
  readonly umask: number;
  readonly nodaemon: boolean;
  readonly silent: boolean;
  readonly minfds: number;
  readonly minprocs: number;
  readonly nocleanup: boolean;
  readonly childlogdir: string;
  readonly user: User | undefined;
  readonly directory: string | undefined;
  readonly strip_ansi: boolean;
  readonly environment: Environment;
  readonly identifier: string;
  /** Absolute; `undefined`: see `runtimeDirectoryOf`. */
  readonly runtime_directory: string | undefined;
  /** What an orderly end of the daemon means to programs. */
  readonly on_daemon_exit: 'adopt' | 'kill';
  /** Whether the daemon ends when its processes have. */
  readonly exit_when_done: boolean;
  /** The process whose exit status the daemon ends with; it is in one of the groups. */
  readonly exit_code_from: ProcessName | undefined;
}

/** Where a process is found. */
export interface ProcessName {
  readonly group: string;
  readonly name: string;
}

/** User and group to give a socket to; `undefined` leaves that one as it is. */
export interface Ownership {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

export interface Credentials {
  readonly username: string;
  readonly password: StoredPassword;
}

/** `[unix_http_server]` or `[inet_http_server]`. */
export type HttpServerSettings = {
  /** Section name, as the log calls the server. */
  readonly section: string;
  /** `undefined`: no authentication. */
  readonly credentials: Credentials | undefined;
} & (
  | {
      readonly type: 'inet';
      readonly host: string;
      readonly port: number;
      /** Names by which browsers may address the server; `*`: any. Missing: see `HostPolicy`. */
      readonly allowed_hosts?: readonly string[];
    }
  | {
      readonly type: 'unix';
      /** Absolute path of the socket. */
      readonly file: string;
      readonly chmod: number;
      readonly chown: Ownership;
    }
);

export interface RpcInterfaceSettings {
  /** The XML-RPC namespace: what follows `rpcinterface:`. */
  readonly namespace: string;
}

/** Whom the stop signal and SIGKILL are meant for. */
export type KillMode = 'process' | 'group' | 'tree' | 'cgroup';

/** One process: one number of a `[program:x]`, `[eventlistener:x]` or `[fcgi-program:x]`. */
export interface ProcessSettings {
  readonly name: string;
  readonly group: string;
  /** The section it comes from, such as `program:web`, and the file that first named that section. */
  readonly section: string;
  readonly file: string;
  readonly command: string;
  readonly priority: number;
  readonly autostart: boolean;
  readonly autorestart: 'always' | 'unexpected' | 'never';
  /** Seconds. */
  readonly startsecs: number;
  readonly startretries: number;
  readonly exitcodes: readonly number[];
  /** What an end by itself means to the daemon; goes before `autorestart`. */
  readonly on_exit: 'none' | 'shutdown' | 'shutdown_unexpected';
  /** What its being FATAL means to the daemon. */
  readonly on_fatal: 'none' | 'shutdown';
  /** Signal number; 0 is accepted and sends nothing. */
  readonly stopsignal: number;
  /** Seconds from the stop signal to SIGKILL. */
  readonly stopwaitsecs: number;
  readonly stopasgroup: boolean;
  readonly killasgroup: boolean;
  /** `undefined`: `stopasgroup` and `killasgroup` say it. Where it is set, they agree with it. */
  readonly killmode: KillMode | undefined;
  readonly user: User | undefined;
  readonly redirect_stderr: boolean;
  readonly directory: string | undefined;
  readonly umask: number | undefined;
  /** `[supervisord] environment` overlaid with the section's own. */
  readonly environment: Environment;
  /** `undefined`: the daemon's computed address. */
  readonly serverurl: string | undefined;
  readonly stdout: ChannelSettings;
  /** With `redirect_stderr`, a channel of type NONE. */
  readonly stderr: ChannelSettings;
  /** The listening socket of the `[fcgi-program:x]` that it comes from, also when that is in a `[group:x]`. */
  readonly socket?: FcgiSocketSettings;
  /** The child that runs was started by an earlier daemon, with other settings. In no file. */
  readonly isOutdated?: true;
  /** Which one of those beyond `max_instances` it belongs to, from 1: see {@link extraInstance}. In no file. */
  readonly extraInstance?: number;
}

/** The `stdout_*` or `stderr_*` keys of a process. */
export interface ChannelSettings {
  readonly logfile: Logfile;
  /** Bytes; 0: never rotate. */
  readonly logfile_maxbytes: number;
  readonly logfile_backups: number;
  readonly capture_maxbytes: number;
  readonly events_enabled: boolean;
  readonly syslog: boolean;
}

/** What the daemon activates, stops and compares as one. */
export type GroupSettings = {
  readonly name: string;
  readonly priority: number;
  /** In configuration order. */
  readonly processes: readonly ProcessSettings[];
  /** Active while the group is: that of a `[schedule:x]`, or those that `cron=` of its programs makes. */
  readonly schedules?: readonly ScheduleSettings[];
} & (
  | {
      /** `program`: implied by one section. `group`: a `[group:x]` section. */
      readonly type: 'program' | 'group';
    }
  | {
      readonly type: 'eventlistener';
      readonly buffer_size: number;
      readonly events: readonly string[];
      readonly result_handler: string;
    }
  | { readonly type: 'fcgi-program'; readonly socket: FcgiSocketSettings }
  | {
      /** Made by the `[schedule:x]` of its name. One with another action than `run` has no processes. */
      readonly type: 'schedule';
      /** How many runs there can be at the same time. */
      readonly instances: number;
      /** The first instance has the first so many processes, and so on. */
      readonly processesPerRun: number;
    }
);

export type FcgiAddress =
  | {
      readonly type: 'unix';
      /** Absolute. */
      readonly path: string;
    }
  | {
      readonly type: 'tcp';
      /** Lower case; an IPv6 address is in brackets, `*` is every IPv4 address. */
      readonly host: string;
      readonly port: number;
    };

export interface FcgiSocketSettings {
  /** `unix:///path` or `tcp://host:port`. */
  readonly url: string;
  /** What `url` says. */
  readonly address: FcgiAddress;
  readonly owner: Ownership | undefined;
  readonly mode: number | undefined;
  readonly backlog: number | undefined;
}

/** `[supervisorctl]`. */
export interface SupervisorctlSettings {
  readonly serverurl: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly prompt: string;
  readonly history_file: string | undefined;
  /** As `[scheduler]` of the same file has it, for times that are told without a server. Nobody has looked whether there is such a zone. */
  readonly timezone: string | undefined;
  readonly plugins: readonly CtlPluginSettings[];
}

/** `[ctlplugin:x]`. */
export interface CtlPluginSettings {
  /** What follows `ctlplugin:`. */
  readonly name: string;
  /** A module and what it exports, `./plugin.mjs:make_plugin`; for supervisor's own client it is Python. */
  readonly factory: string;
  /** Directory of the file that says so, where paths of modules start. */
  readonly here: string;
  /** The other keys, expanded. */
  readonly options: ReadonlyMap<string, string>;
}

/** A line for the activity log that parsing gave rise to; written once the log is open. */
export interface Notice {
  readonly level: LogLevel;
  readonly text: string;
  /** `security`: its users should know of it for as long as it holds. */
  readonly concern?: 'security';
}

/** A whole configuration, as the daemon acts on it. */
export interface Settings {
  /** Absolute path of the main file. */
  readonly file: string;
  readonly supervisord: SupervisordSettings;
  /** All inet servers in file order, then all unix servers. */
  readonly httpServers: readonly HttpServerSettings[];
  readonly rpcInterfaces: readonly RpcInterfaceSettings[];
  /** Ascending by (priority, name). */
  readonly groups: readonly GroupSettings[];
  readonly scheduler: SchedulerSettings;
  readonly notices: readonly Notice[];
}
