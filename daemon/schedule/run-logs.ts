/** What runs have written, out of the logs of their processes. */
import { unlinkSync } from 'node:fs';
import { errorCode } from '../../conf/error-code.ts';
import { isActive, type Run } from '../../schedule/run.ts';
import type { EpochSeconds } from '../host/clock.ts';
import type { Channel } from '../host/host.ts';
import { RunOutputReader } from '../log/run-output.ts';
import { type RunLogPage, ScheduleError } from './control.ts';
import { runDataOf } from './run-data.ts';

/**
 * A page of the output of a run; of one with several processes that of one after the other.
 *
 * @throws {ScheduleError} `no-log`: it was never started, or its output goes to no file
 */
export function readRunLog(
  run: Run,
  channel: Channel,
  { offset, length }: { readonly offset: number; readonly length: number },
): RunLogPage {
  const spans = (runDataOf(run)?.processes ?? []).flatMap(({ output }) => output[channel] ?? []);
  if (spans.length === 0) throw new ScheduleError('no-log', `run ${run.id} has no ${channel} in a log`);
  const isOver = !isActive(run);
  const since = ((run.started ?? run.claimed).getTime() / 1000) as EpochSeconds;
  using readers = new DisposableStack();
  const parts: Buffer[] = [];
  const growing = isOver ? [] : spans.map(({ from }) => from.path);
  let [skip, left, size, isTruncated] = [offset, length, 0, false];
  for (const { from, to } of spans) {
    // While it runs, what was known of its end is no end.
    const reader = readers.use(new RunOutputReader(isOver && to ? { from, to } : { from }, since));
    const bytes = reader.read(skip, left);
    parts.push(bytes);
    skip = Math.max(0, skip - reader.size);
    left -= bytes.length;
    size += reader.size;
    isTruncated ||= reader.isTruncated;
  }
  const bytes = Buffer.concat(parts);
  const end = offset + bytes.length;
  return { bytes, offset: end, size, isComplete: isOver && end >= size, isTruncated, growing };
}

/** Removes the logs that were of these runs alone. What cannot be removed is told of. */
export function removeOwnLogs(runs: readonly Run[], warn: (text: string) => void): void {
  removeLogs(
    runs.flatMap((run) => runDataOf(run)?.ownLogs ?? []),
    (path, code) => warn(`cannot remove log '${path}' of a run that is not recorded any more: ${code}`),
  );
}

/** Removes logs, with their backups. @param failed is told what cannot be removed, and the name of the error */
export function removeLogs(paths: readonly string[], failed: (path: string, code: string) => void): void {
  for (const path of new Set(paths)) {
    for (let number = 0; remove(number === 0 ? path : `${path}.${number}`, failed); number += 1);
  }
}

/** @returns whether it was there */
function remove(path: string, failed: (path: string, code: string) => void): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT') failed(path, code);
    return false;
  }
}
