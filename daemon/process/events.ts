/**
 * The events the supervisor gives rise to, as values; {@link eventPayload} is the text listeners receive.
 *
 * @see supervisor/events.py, `ProcessStateEvent` and its neighbours
 */
import type { ProcessSettings } from '../../conf/settings.ts';
import type { ProcessStateName } from '../../rpc/process-states.ts';

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

export type SupervisorEvent = ProcessStateEvent | ProcessGroupEvent | SupervisorStateChangeEvent;

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
export function eventPayload(event: SupervisorEvent): string {
  switch (event.type) {
    case 'SUPERVISOR_STATE_CHANGE_RUNNING':
    case 'SUPERVISOR_STATE_CHANGE_STOPPING':
      return '';
    case 'PROCESS_GROUP_ADDED':
    case 'PROCESS_GROUP_REMOVED':
      return `groupname:${event.groupname}\n`;
    default:
      return `processname:${event.processname} groupname:${event.groupname} from_state:${event.from_state}${details(event)}`;
  }
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
