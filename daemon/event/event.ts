/**
 * Everything that listeners can be told, as values; {@link eventPayload} is the text they receive.
 *
 * @see supervisor/events.py
 */
import type { ProcessSettings } from '../../conf/settings.ts';
import type { ProcessStateName } from '../../rpc/process-states.ts';
import type { EpochSeconds } from '../host/clock.ts';
import { decoded } from '../log/decoded.ts';

interface OfProcess {
  readonly processname: string;
  readonly groupname: string;
  readonly from_state: ProcessStateName;
}

/** What an event of each new state tells besides names and old state; taken at the moment of the change. */
export interface StateDetails {
  /** Failed starts in a row so far. */
  readonly STARTING: { readonly tries: number };
  readonly BACKOFF: { readonly tries: number };
  readonly RUNNING: { readonly pid: number };
  readonly EXITED: { readonly expected: boolean; readonly pid: number };
  readonly STOPPING: { readonly pid: number };
  /** Pid 0 when it stopped in BACKOFF. */
  readonly STOPPED: { readonly pid: number };
  readonly FATAL: Record<never, never>;
  readonly UNKNOWN: Record<never, never>;
}

/** `PROCESS_STATE_RUNNING` and its seven siblings: a process has entered the state of that name. */
export type ProcessStateEvent = {
  [S in ProcessStateName]: { readonly type: `PROCESS_STATE_${S}` } & OfProcess & StateDetails[S];
}[ProcessStateName];

/** A group has become active, or is no longer. */
export interface ProcessGroupEvent {
  readonly type: 'PROCESS_GROUP_ADDED' | 'PROCESS_GROUP_REMOVED';
  readonly groupname: string;
}

/** The daemon has started its work, or has begun to shut down or restart. */
export interface SupervisorStateChangeEvent {
  readonly type: 'SUPERVISOR_STATE_CHANGE_RUNNING' | 'SUPERVISOR_STATE_CHANGE_STOPPING';
}

/** What the supervisor itself gives rise to. */
export type SupervisorEvent = ProcessStateEvent | ProcessGroupEvent | SupervisorStateChangeEvent;

interface OutputOfProcess {
  readonly processname: string;
  readonly groupname: string;
  readonly pid: number;
  /** As the program wrote it; listeners get it as text, or as `Undecodable: b'…'`. */
  readonly data: Buffer;
  /**
   * Where in the output it is from: equal for an event that the daemon before this one may have told already,
   * different for all others. `undefined`: it is not known whether one has.
   */
  readonly origin?: string | undefined;
}

/** A program wrote to its stdout or stderr, and its `…_events_enabled` is set. */
export interface ProcessLogEvent extends OutputOfProcess {
  readonly type: 'PROCESS_LOG_STDOUT' | 'PROCESS_LOG_STDERR';
}

/** A program wrote something between the tokens of capture mode. */
export interface ProcessCommunicationEvent extends OutputOfProcess {
  readonly type: 'PROCESS_COMMUNICATION_STDOUT' | 'PROCESS_COMMUNICATION_STDERR';
}

/** A client called `sendRemoteCommEvent`. */
export interface RemoteCommunicationEvent {
  readonly type: 'REMOTE_COMMUNICATION';
  /** What the client calls its message. */
  readonly kind: string;
  readonly data: string;
}

/** Five seconds, a minute or an hour of wall-clock time have begun. */
export interface TickEvent {
  readonly type: 'TICK_5' | 'TICK_60' | 'TICK_3600';
  /** Start of the period: a multiple of its length. */
  readonly when: EpochSeconds;
}

/** Something about the scheduler, a job of it, or a run. */
export interface ScheduleEvent {
  readonly type:
    | `SCHEDULE_JOB_${'ADDED' | 'REMOVED' | 'MODIFIED' | 'PAUSED' | 'RESUMED'}`
    | `SCHEDULE_RUN_${'SUBMITTED' | 'STARTED' | 'EXECUTED' | 'ERROR' | 'MISSED' | 'MAX_INSTANCES' | 'TIMEOUT' | 'LOST'}`
    | `SCHEDULE_STATE_${'STARTED' | 'PAUSED' | 'RESUMED' | 'SHUTDOWN'}`;
  /** In order; no value has blanks in it. */
  readonly tokens: readonly (readonly [name: string, value: string | number])[];
  /** From {@link OutputOfProcess}. */
  readonly origin?: string | undefined;
}

/** Whatever a listener can receive. */
export type ListenerEvent =
  | SupervisorEvent
  | ProcessLogEvent
  | ProcessCommunicationEvent
  | RemoteCommunicationEvent
  | TickEvent
  | ScheduleEvent;

/** The event of a process that leaves the state `from` for the state `to`. */
export function stateEvent<S extends ProcessStateName>(
  settings: ProcessSettings,
  from: ProcessStateName,
  to: S,
  details: StateDetails[S],
): ProcessStateEvent {
  return {
    type: `PROCESS_STATE_${to}`,
    processname: settings.name,
    groupname: settings.group,
    from_state: from,
    ...details,
    // The compiler does not follow a template literal through a type parameter; the signature pairs them.
  } as unknown as ProcessStateEvent;
}

/** The payload that listeners receive, byte for byte as supervisord words it. */
export function eventPayload(event: ListenerEvent): string {
  if ('tokens' in event) return event.tokens.map(([name, value]) => `${name}:${value}`).join(' ');
  switch (event.type) {
    case 'SUPERVISOR_STATE_CHANGE_RUNNING':
    case 'SUPERVISOR_STATE_CHANGE_STOPPING':
      return '';
    case 'PROCESS_GROUP_ADDED':
    case 'PROCESS_GROUP_REMOVED':
      return `groupname:${event.groupname}\n`;
    case 'PROCESS_LOG_STDOUT':
    case 'PROCESS_LOG_STDERR': {
      const channel = event.type === 'PROCESS_LOG_STDOUT' ? 'stdout' : 'stderr';
      return `${source(event)} channel:${channel}\n${decoded(event.data)}`;
    }
    case 'PROCESS_COMMUNICATION_STDOUT':
    case 'PROCESS_COMMUNICATION_STDERR':
      return `${source(event)}\n${decoded(event.data)}`;
    case 'REMOTE_COMMUNICATION':
      return `type:${event.kind}\n${event.data}`;
    case 'TICK_5':
    case 'TICK_60':
    case 'TICK_3600':
      return `when:${event.when}`;
    default:
      return `processname:${event.processname} groupname:${event.groupname} from_state:${event.from_state}${details(event)}`;
  }
}

function source({ processname, groupname, pid }: OutputOfProcess): string {
  return `processname:${processname} groupname:${groupname} pid:${pid}`;
}

function details(event: ProcessStateEvent): string {
  switch (event.type) {
    case 'PROCESS_STATE_STARTING':
    case 'PROCESS_STATE_BACKOFF':
      return ` tries:${event.tries}`;
    case 'PROCESS_STATE_RUNNING':
    case 'PROCESS_STATE_STOPPING':
    case 'PROCESS_STATE_STOPPED':
      return ` pid:${event.pid}`;
    case 'PROCESS_STATE_EXITED':
      return ` expected:${event.expected ? 1 : 0} pid:${event.pid}`;
    case 'PROCESS_STATE_FATAL':
    case 'PROCESS_STATE_UNKNOWN':
      return '';
    default:
      return event satisfies never;
  }
}
