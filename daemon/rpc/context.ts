import type { LogLevel, Settings } from '../../conf/settings.ts';
import type { RemoteCommunicationEvent } from '../event/event.ts';
import type { Usage } from '../host/usage-meter.ts';
import type { SupervisorControl } from '../process/control.ts';
import type { SchedulerControl } from '../schedule/control.ts';

/** The daemon's own log, as XML-RPC reads and clears it. */
export interface ActivityLogControl {
  /** `undefined`: it goes to syslog. */
  readonly path: string | undefined;
  /** Empties the log and opens it again; throws when the system refuses. */
  clear(): void | Promise<void>;
  /** Resolves when everything logged so far can be read from the file. */
  flush(): Promise<void>;
}

/** Names of groups, as `reloadConfig` answers them. */
export interface ConfigurationChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** What XML-RPC methods may know and do: a plain record, whose functions are called without `this`. */
export interface RpcContext {
  readonly supervisor: SupervisorControl;
  readonly schedules: SchedulerControl;
  /** Looks at what other daemons have done for schedules, before these are told of. `undefined`: nothing is to be waited for. */
  readonly catchUp: () => Promise<void> | undefined;
  /** The configuration that was read last, by start or `reloadConfig`; not what is active. */
  readonly configuration: () => Settings;
  /**
   * Reads the configuration again, without starting or stopping anything.
   *
   * @throws {RpcFault} `CANT_REREAD`, with everything as it was
   */
  readonly reload: () => ConfigurationChanges | Promise<ConfigurationChanges>;
  /**
   * Starts the daemon over, once it has stopped everything.
   *
   * @throws {RpcFault} `CANT_REREAD`: it could not start with the configuration as it is; nothing is stopped
   */
  restart(): void;
  /** The version of the program that could go on for this one. @throws {RpcFault} `FAILED`: none could */
  checkUpgrade(): Promise<string>;
  /** Makes room for it. @throws {RpcFault} `FAILED`: it could not go on; nothing has changed */
  upgrade(): Promise<string>;
  /** Tells event listeners. */
  readonly emit: (event: RemoteCommunicationEvent) => void;
  /** What makes the daemon open to people who should not control it, a line each. */
  readonly warnings: () => readonly string[];
  readonly activityLog: ActivityLogControl;
  /** What the processes with these ids use; nothing for those that are gone. */
  readonly measureUsage: (pids: readonly number[]) => ReadonlyMap<number, Usage>;
  readonly pid: number;
  /** Version of this program, such as `0.1.0`. */
  readonly productVersion: string;
  /** Names of the `[rpcinterface:x]` sections, under each of which `supervisor.*` is offered. */
  readonly namespaces: readonly string[];
  /** Wall-clock seconds since 1970. */
  readonly now: () => number;
  readonly log: (level: LogLevel, text: string) => void;
  /** Whether `log` writes messages of that level, so that costly ones need not be built. */
  readonly logs: (level: LogLevel) => boolean;
}
