/** What one start of a process has that its other starts have not: that it is for a run of a schedule. */
import type { RunNames } from '../../conf/run-names.ts';
import type { Environment } from '../../conf/settings.ts';
import type { LogPosition } from '../log/log-position.ts';

/** Why a process is started, if not because its group was or somebody asked for it. */
export interface Occasion {
  /** The run of a schedule that the process is a part of, or whose outcome has led to its start. */
  readonly runId: string;
  readonly attempt: number;
  /** What its names stand for in the settings of a process that is a part of it; `undefined`: it is none. */
  readonly names: RunNames | undefined;
  /** Variables that the child gets besides those of its settings. */
  readonly environment: Environment;
}

/** Where in a log the output of a run begins, and where it ends; `to` is missing while it goes on. */
export interface OutputSpan {
  readonly from: LogPosition;
  readonly to?: LogPosition;
}

/** Where the output of a run is, as far as it goes to files. */
export interface RunOutput {
  readonly stdout?: OutputSpan;
  readonly stderr?: OutputSpan;
}

/** A start on an occasion, and what has come of it. */
export interface OccasionRecord {
  readonly occasion: Occasion;
  /**
   * Whether the state that the process is in has come of it. Not yet, when a daemon was killed between
   * writing this down and the start.
   */
  readonly isBegun: boolean;
  readonly output: RunOutput;
}

/** Whether a process was last started for this attempt of a run. */
export function isFor(
  record: OccasionRecord | undefined,
  { id, attempt }: { readonly id: string; readonly attempt: number },
): record is OccasionRecord {
  return record?.occasion.runId === id && record.occasion.attempt === attempt;
}
