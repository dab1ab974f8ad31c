import type { SupervisordSettings } from '../../conf/settings.ts';
import type { EpochSeconds } from '../host/clock.ts';
import { ActivityLog, type LineWriter } from './activity-log.ts';
import { QueuedLineWriter } from './line-writer.ts';
import { formatLines } from './log-record.ts';
import type { Sinks } from './sinks.ts';
import { SpecialSink } from './special-sink.ts';
import type { Syslog } from './syslog.ts';

/**
 * Opens the activity log that the settings describe; in the foreground with a copy on stdout.
 *
 * @throws the system's error when it cannot be opened
 */
export function openActivityLog(
  supervisord: SupervisordSettings,
  { sinks, syslog }: { readonly sinks: Sinks; readonly syslog: Syslog },
): ActivityLog {
  const { nodaemon, silent, logfile } = supervisord;
  return new ActivityLog({
    logfile,
    maxBytes: supervisord.logfile_maxbytes,
    backups: supervisord.logfile_backups,
    level: supervisord.loglevel,
    now: () => (Date.now() / 1000) as EpochSeconds,
    copy: nodaemon && !silent ? specialWriter('/dev/stdout', sinks) : undefined,
    ...(logfile === 'syslog'
      ? { device: syslogWriter(syslog), format: formatLines }
      : { device: specialWriter(logfile, sinks) }),
  });
}

/** Each line is a message, which ends in a newline as supervisord's do. */
function syslogWriter(syslog: Syslog): LineWriter {
  return {
    write(text) {
      for (const line of text.split(/(?<=\n)/)) syslog.send(Buffer.from(line));
    },
    // Whoever opened the way to syslog closes it.
    close: () => Promise.resolve(),
  };
}

/** A writer for what is no regular file; `undefined` for a regular or new one. */
function specialWriter(path: string, sinks: Sinks): LineWriter | undefined {
  const { sink } = sinks.lease({ type: 'file', path });
  return sink instanceof SpecialSink ? new QueuedLineWriter(sink) : undefined;
}
