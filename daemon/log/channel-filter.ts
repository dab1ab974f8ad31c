import { repr } from '../../conf/python-text.ts';
import type { LogLevel, ProcessSettings } from '../../conf/settings.ts';
import type { ProcessCommunicationEvent, ProcessLogEvent } from '../event/event.ts';
import type { Channel } from '../host/host.ts';
import { debugLine } from './debug-line.ts';
import { ChannelFilter, type OutputFilter } from './output-filter.ts';

/** What the output of programs gives rise to. */
export type OutputEvent = ProcessLogEvent | ProcessCommunicationEvent;

/** Where the events of output go. */
export interface OutputEvents {
  /** Whether a listener is subscribed to events of this type now. Asked for each chunk of output. */
  isWanted(type: OutputEvent['type']): boolean;
  /** Takes an event. Must not throw. */
  emit(event: OutputEvent): void;
}

/** What the filters of all channels share. */
export interface FilterContext {
  readonly stripAnsi: boolean;
  /** Copy output to the activity log. */
  readonly debugOutput: boolean;
  readonly events: OutputEvents;
  log(level: LogLevel, text: string): void;
}

/** Whether a channel speaks the listeners' protocol: then it has no capture mode, no events and no syslog. */
export function speaksProtocol({ section }: ProcessSettings, channel: Channel): boolean {
  return channel === 'stdout' && section.startsWith('eventlistener:');
}

/**
 * The filter for the output of a channel; `undefined`: nobody ever needs to see it.
 *
 * @param pid tells whose output it is at the moment
 * @see supervisor/dispatchers.py, `POutputDispatcher`
 */
export function channelFilter(
  process: ProcessSettings,
  channel: Channel,
  context: FilterContext,
  pid: () => number,
): OutputFilter | undefined {
  const { stripAnsi, events, log } = context;
  const { events_enabled, capture_maxbytes } = process[channel];
  const isPlain = !speaksProtocol(process, channel);
  // What a listener says is copied as bytes, by who listens to it.
  const debugOutput = isPlain && context.debugOutput;
  const captureMaxbytes = isPlain ? capture_maxbytes : 0;
  const hasLogEvents = isPlain && events_enabled;
  if (!stripAnsi && captureMaxbytes === 0 && !debugOutput && !hasLogEvents) return undefined;

  const suffix = channel === 'stdout' ? 'STDOUT' : 'STDERR';
  const owner = `${repr(process.name)} ${channel}`;
  const source = () => ({ processname: process.name, groupname: process.group, pid: pid() });
  const wantsLogEvent = () => hasLogEvents && events.isWanted(`PROCESS_LOG_${suffix}`);
  const copyToLog = (bytes: Buffer): void => {
    if (debugOutput) log('debug', debugLine(process.name, channel, bytes));
  };
  return new ChannelFilter({
    stripAnsi,
    captureMaxbytes,
    observer: {
      isWatching: () => debugOutput || wantsLogEvent(),
      logged(bytes, origin) {
        copyToLog(bytes);
        // The bytes are gone after the call, and an event may wait for its listener.
        if (wantsLogEvent())
          events.emit({ type: `PROCESS_LOG_${suffix}`, ...source(), data: Buffer.from(bytes), origin });
      },
      capturing: copyToLog,
      captured({ data, dropped }, origin) {
        events.emit({ type: `PROCESS_COMMUNICATION_${suffix}`, ...source(), data, origin });
        log('debug', `${owner} emitted a comm event`);
        if (dropped === 0) return;
        const limit = `${channel}_capture_maxbytes=${captureMaxbytes}`;
        log('warn', `the first ${dropped} bytes of a comm event of ${owner} were dropped: ${limit}`);
      },
      unfinished({ data, dropped }) {
        const all = dropped === 0 ? `${data.length} bytes` : `the last ${data.length} bytes`;
        log('warn', `${owner} ended in capture mode; ${all} of what it captured go to its log`);
      },
    },
  });
}
