import type { ChannelSettings, GroupSettings, ProcessSettings } from '../../conf/settings.ts';
import type { ListenerPoolSettings } from '../../daemon/event/listener-pool.ts';

const channel: ChannelSettings = {
  logfile: { type: 'NONE' },
  logfile_maxbytes: 0,
  logfile_backups: 0,
  capture_maxbytes: 0,
  events_enabled: false,
  syslog: false,
};

/** The settings of a `[program:web]` that sets nothing but its command, with some values changed. */
export function processSettings(changes: Partial<ProcessSettings> = {}): ProcessSettings {
  const name = changes.name ?? 'web';
  return {
    name,
    group: name,
    section: `program:${name}`,
    file: '/etc/supervisord.conf',
    command: '/bin/true',
    priority: 999,
    autostart: true,
    autorestart: 'unexpected',
    startsecs: 1,
    startretries: 3,
    exitcodes: [0],
    on_exit: 'none',
    on_fatal: 'none',
    stopsignal: 15,
    stopwaitsecs: 10,
    stopasgroup: false,
    killasgroup: false,
    killmode: undefined,
    user: undefined,
    redirect_stderr: false,
    directory: undefined,
    umask: undefined,
    environment: new Map(),
    serverurl: undefined,
    stdout: channel,
    stderr: channel,
    ...changes,
  };
}

/** A group with these processes, which are made members of it. */
export function groupSettings(
  name: string,
  processes: readonly Partial<ProcessSettings>[],
  priority = 999,
): GroupSettings {
  return {
    type: 'group',
    name,
    priority,
    processes: processes.map((changes) => processSettings({ ...changes, group: name })),
  };
}

/** The settings of an `[eventlistener:x]` with these processes. */
export function poolSettings(
  name: string,
  processes: readonly Partial<ProcessSettings>[],
  changes: Partial<Pick<ListenerPoolSettings, 'events' | 'buffer_size' | 'priority'>> = {},
): ListenerPoolSettings {
  const { events = ['EVENT'], buffer_size = 10, priority = -1 } = changes;
  return {
    ...groupSettings(name, processes, priority),
    type: 'eventlistener',
    events,
    buffer_size,
    result_handler: 'supervisor.dispatchers:default_handler',
  };
}
