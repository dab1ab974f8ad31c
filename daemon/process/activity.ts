import type { LogLevel } from '../../conf/settings.ts';
import type { SupervisorEvent } from '../event/event.ts';

/** Where the supervisor tells what happens. */
export interface ActivitySinks {
  /** Writes a line to the activity log. */
  readonly log: (level: LogLevel, text: string) => void;
  /** Takes each event at the moment it happens; must not wait. */
  readonly emit: (event: SupervisorEvent) => void;
}

/**
 * What the supervisor has to say, said so that nobody who listens can do it harm: whatever a sink throws
 * ends here.
 */
export class Activity {
  readonly #sinks: ActivitySinks;

  constructor(sinks: ActivitySinks) {
    this.#sinks = sinks;
  }

  log(level: LogLevel, text: string): void {
    try {
      this.#sinks.log(level, text);
    } catch {
      // The log itself has failed; there is nobody left to tell.
    }
  }

  emit(event: SupervisorEvent): void {
    this.contain(`handling ${event.type}`, () => this.#sinks.emit(event));
  }

  /**
   * Runs `action` on behalf of one process or listener, so that its failure stays its own: an exception is
   * logged with its stack, and `undefined` returned.
   */
  contain<T>(what: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.exception(what, error);
      return undefined;
    }
  }

  /** Logs an exception that nobody expected. */
  exception(what: string, error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.log('critical', `unexpected exception while ${what}: ${stack}`);
  }
}
