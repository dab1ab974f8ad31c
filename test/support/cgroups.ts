import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownCgroup } from '../../daemon/host/cgroup.ts';

/** What tests of control groups need and this machine does not have; `undefined`: nothing. */
export function lackingCgroups(): string | undefined {
  const own = ownCgroup(
    readFileSync('/proc/self/cgroup', 'utf8'),
    readFileSync('/proc/self/mountinfo', 'utf8'),
  );
  if ('reason' in own) return 'control groups of version 2';
  try {
    accessSync(join(own.directory, 'cgroup.procs'), constants.W_OK);
    accessSync(own.directory, constants.W_OK);
    return undefined;
  } catch {
    return 'a control group of its own';
  }
}
