/** Warnings about files by which somebody else could decide what root runs. */
import { type UnsafePath, unsafePaths } from './file-safety.ts';
import type { Loading } from './load-context.ts';

/**
 * One warning for each path.
 *
 * @param paths what was read, and the directories in which more may turn up; absolute
 */
export function warnOfUnsafeFiles(
  paths: { readonly files: Iterable<string>; readonly directories: Iterable<string> },
  { findings, context }: Loading,
): void {
  for (const unsafe of unsafePaths(paths)) {
    const owner = context.users.userByUid(unsafe.uid)?.name ?? String(unsafe.uid);
    findings.securityWarning(
      { file: unsafe.path },
      `${complaint(unsafe, owner)}, and so decide what root runs`,
    );
  }
}

function complaint({ uid, gid, mode }: UnsafePath, owner: string): string {
  if (uid !== 0) return `its owner ${owner} can change it`;
  const who = (mode & 0o002) !== 0 ? 'everybody' : `group ${gid}`;
  return `${who} can change it (mode ${mode.toString(8)})`;
}
