import type { Environment } from '../../conf/settings.ts';
import { errnoName } from '../host/libc/call.ts';
import { keepOnExec, setCloseOnExec } from '../host/libc/descriptors.ts';
import { execute } from '../host/libc/execute.ts';
import { descriptorsOf } from '../http/handed-socket.ts';
import { type Parent, parentVariable } from '../parent.ts';
import { type Handover, handoverVariable } from './handover.ts';

export interface Successor {
  readonly argv: readonly [path: string, ...words: string[]];
  /** As this version was started with. */
  readonly environment: Environment;
  readonly handover: Handover;
  /** From `takeParent`. */
  readonly parent: Parent | undefined;
}

/** Executes another version in place of this program. @returns the name of the error, if that fails */
export function makeRoom({ argv, environment, handover, parent }: Successor): string {
  const descriptors = [...handover.inherited, handover.lock, ...descriptorsOf(handover.sockets)];
  for (const fd of descriptors) keepOnExec(fd);
  const variables = [...environment, [handoverVariable, JSON.stringify(handover)]];
  if (parent !== undefined) {
    keepOnExec(parent.pipe);
    variables.push([parentVariable, String(parent.pipe)]);
  }
  const errno = -execute(
    argv[0],
    argv,
    variables.map(([name, value]) => `${name}=${value}`),
  );
  for (const fd of descriptors) if (fd > 2) setCloseOnExec(fd);
  if (parent !== undefined) setCloseOnExec(parent.pipe);
  return errnoName(errno);
}
