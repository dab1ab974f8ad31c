/** What is kept with the record of a run, so that it is found again: its processes, and where their output is. */
import type { Json } from '../../schedule/json.ts';
import type { Run } from '../../schedule/run.ts';
import type { SupervisedProcess } from '../process/control.ts';
import type { RunOutput } from '../process/occasion.ts';
import { causeIn } from './variables.ts';

export interface RunProcess {
  readonly name: string;
  /** 0: it could not be started. */
  readonly pid: number;
  readonly output: RunOutput;
}

export interface RunData {
  readonly processes: readonly RunProcess[];
  /** Logs that are of this run alone, and go with its record. */
  readonly ownLogs?: readonly string[];
}

/** What is kept with a run from when it is claimed until it is started, for it to start however many others run. */
export const dataOfForced: Json = { forced: true };

/** Whether a run that is yet to be started is to start however many others run. Its later attempts are not. */
export function isForced({ data }: Run): boolean {
  return (data as { readonly forced?: unknown } | null)?.forced === true;
}

/** As a store keeps it. What has led to the run stays with it, for its later attempts. */
export function storedRunData(data: RunData, { data: former }: Run): Json {
  const cause = causeIn(former);
  return { ...(cause.length > 0 && { cause }), ...data } as unknown as Json;
}

/** `undefined`: the run has none, as one that was never started. */
export function runDataOf({ data }: Run): RunData | undefined {
  const { processes } = (data ?? {}) as Partial<RunData>;
  return Array.isArray(processes) ? (data as unknown as RunData) : undefined;
}

/** The processes of a run as they are now. @param pids of the children; of those that have ended too */
export function presentRunData(
  processes: readonly SupervisedProcess[],
  pids: ReadonlyMap<string, number>,
  ownLogs: readonly string[],
): RunData {
  return {
    processes: processes.map(({ settings: { name }, occasion }) => ({
      name,
      pid: pids.get(name) ?? 0,
      output: occasion?.output ?? {},
    })),
    ...(ownLogs.length > 0 && { ownLogs }),
  };
}
