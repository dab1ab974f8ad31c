/** Whom the stop signal and SIGKILL are meant for: `killmode`, `stopasgroup` and `killasgroup`. */
import type { Scope } from './expand.ts';
import type { programKeys } from './keys/program.ts';
import type { SectionReader } from './section-reader.ts';
import type { ProcessSettings } from './settings.ts';

/**
 * Reads `killmode`, and brings it together with the other two as they were read. With it they need not be written; they
 * are set to what it means, so that clients are told so, and a value that says something else is an error.
 */
export function readKillTarget(
  reader: SectionReader<typeof programKeys>,
  scope: Scope,
  read: { readonly stopasgroup: boolean; readonly killasgroup: boolean | undefined },
): Pick<ProcessSettings, 'killmode' | 'stopasgroup' | 'killasgroup'> {
  const { stopasgroup, killasgroup = stopasgroup } = read;
  if (stopasgroup && !killasgroup) {
    reader.fail('killasgroup', 'Cannot set stopasgroup=true and killasgroup=false');
  }
  const killmode = reader.get('killmode', scope);
  if (killmode === undefined) return { killmode, stopasgroup, killasgroup };

  const asGroup = killmode !== 'process';
  for (const key of ['stopasgroup', 'killasgroup'] as const) {
    if (reader.written(key) === undefined || read[key] === asGroup) continue;
    reader.fail(key, `Cannot set killmode=${killmode} and ${key}=${!asGroup}`);
  }
  return { killmode, stopasgroup: asGroup, killasgroup: asGroup };
}
