import type { ExitStatus } from '../exit-status.ts';
import type { Session } from '../session.ts';
import type { SchedulerApi } from './scheduler-api.ts';

/** What a command of `schedule` works with. */
export interface ScheduleSession {
  readonly session: Session;
  readonly scheduler: SchedulerApi;
  /** Seconds since 1970. */
  readonly now: () => number;
}

/** A command behind `schedule`, such as `schedule list`. */
export interface Subcommand {
  /** What can be typed, and what each does. */
  readonly help: readonly (readonly [usage: string, does: string])[];
  readonly examples?: readonly string[];
  /** What TAB offers behind it: names of schedules. */
  readonly completes?: 'schedules';
  /** Whether these words need a server; all do, unless said. */
  readonly isOffline?: (words: readonly string[]) => boolean;
  /** @throws {Misuse} a mistake in the words */
  run(using: ScheduleSession, words: readonly string[]): Promise<ExitStatus>;
}
