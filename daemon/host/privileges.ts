import nodeProcess from 'node:process';
import type { User } from '../../conf/settings.ts';
import { groupsOf } from './users.ts';

/** What the daemon is told when it cannot become another user; part of a usage error, and of child logs. */
export const nonrootReason = "Can't drop privilege as nonroot user";

/** Remembered for the log when `user` is not set and the daemon runs as root. */
export const runningAsRootNotice =
  'Supervisor is running as root.  Privileges were not dropped because no user is specified in the config file.  If you intend to run as root, you can set user=root in the config file to avoid this message.';

export type DropResult =
  /** `notice`: the INFO line. */
  | { readonly type: 'dropped'; readonly notice: string }
  /** `reason`: the usage error. The daemon must end: some of its privileges may be gone. */
  | { readonly type: 'failed'; readonly reason: string };

/** The calls that change who the daemon is; a test gives its own. */
export interface Identity {
  getuid(): number;
  setgroups(groups: readonly number[]): void;
  setgid(gid: number): void;
  setuid(uid: number): void;
}

const ownIdentity: Identity = {
  getuid: () => nodeProcess.getuid?.() ?? 0,
  setgroups: (groups) => nodeProcess.setgroups?.([...groups]),
  setgid: (gid) => nodeProcess.setgid?.(gid),
  setuid: (uid) => nodeProcess.setuid?.(uid),
};

/**
 * Makes the daemon run as `user`, with all of the user's groups; HOME, USER and LOGNAME stay.
 *
 * @see supervisor/options.py, `drop_privileges`
 */
export function dropPrivileges(user: User, identity: Identity = ownIdentity): DropResult {
  const uid = identity.getuid();
  if (uid !== user.uid) {
    if (uid !== 0) return { type: 'failed', reason: nonrootReason };
    try {
      identity.setgroups(groupsOf(user));
    } catch {
      return { type: 'failed', reason: 'Could not set groups of effective user' };
    }
    try {
      identity.setgid(user.gid);
    } catch {
      return { type: 'failed', reason: 'Could not set group id of effective user' };
    }
    try {
      identity.setuid(user.uid);
    } catch {
      return { type: 'failed', reason: 'Could not set user id of effective user' };
    }
  }
  return { type: 'dropped', notice: `Set uid to user ${user.uid} succeeded` };
}
