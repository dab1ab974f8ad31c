/** The `stdout_*` and `stderr_*` keys of a process, and the rules that tie them together. */
import type { Scope } from './expand.ts';
import type { Loading } from './load-context.ts';
import type { ProcessReader } from './processes.ts';
import type { ChannelSettings, Logfile } from './settings.ts';

export interface ChannelOptions {
  readonly channel: 'stdout' | 'stderr';
  readonly reader: ProcessReader;
  readonly scope: Scope;
  /** What was read once for all processes of the section. */
  readonly once: Pick<ChannelSettings, 'capture_maxbytes' | 'events_enabled'>;
  readonly redirect_stderr: boolean;
  readonly loading: Loading;
}

export function readChannel({
  channel,
  reader,
  scope,
  once,
  redirect_stderr,
  loading,
}: ChannelOptions): ChannelSettings {
  const key = `${channel}_logfile` as const;
  const value = reader.get(key, scope);
  const logfile_backups = reader.get(`${key}_backups`, scope);
  const logfile_maxbytes = reader.get(`${key}_maxbytes`, scope);
  const syslog = reader.get(`${channel}_syslog`, scope) || value.type === 'syslog';

  const warn = (text: string) => loading.findings.notice('warn', `For [${reader.section.name}], ${text}`);
  let logfile: Logfile = value.type === 'syslog' ? { type: 'NONE' } : value;
  if (channel === 'stderr' && redirect_stderr) {
    if (value.type === 'file') {
      warn(
        'redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has been ignored',
      );
    }
    logfile = { type: 'NONE' };
  }
  if (value.type === 'AUTO' && logfile_maxbytes === 0) {
    warn(
      `AUTO logging used for ${key} without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally`,
    );
  }
  if (value.type === 'syslog') {
    warn(
      `${key}=syslog but this is deprecated and will be removed.  Use ${channel}_syslog=true to enable syslog instead.`,
    );
  }
  return { logfile, logfile_maxbytes, logfile_backups, ...once, syslog };
}
