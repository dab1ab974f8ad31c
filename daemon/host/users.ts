import type { UserDatabase } from '../../conf/reader.ts';
import type { User } from '../../conf/settings.ts';
import {
  groupEntryByGid,
  groupEntryByName,
  groupList,
  type PasswdEntry,
  passwdByName,
  passwdByUid,
} from './libc/accounts.ts';

/** The users and groups of this machine, from wherever NSS has them. Its functions throw when NSS fails. */
export const systemUsers = {
  userByName: (name) => toUser(passwdByName(name)),
  userByUid: (uid) => (isId(uid) ? toUser(passwdByUid(uid)) : undefined),
  groupByName: (name) => groupEntryByName(name)?.gr_gid,
  groupByGid: (gid) => (isId(gid) ? groupEntryByGid(gid)?.gr_gid : undefined),
  homeOf: (name) => passwdByName(name)?.pw_dir,
} satisfies UserDatabase;

function toUser(entry: PasswdEntry | undefined): User | undefined {
  return entry && { name: entry.pw_name, uid: entry.pw_uid, gid: entry.pw_gid };
}

/** A number that can be an id: configuration can say −1 or a number beyond 32 bits, which libc would wrap. */
function isId(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number < 2 ** 32 - 1;
}

/** Every group of a user, the primary one first. */
export function groupsOf(user: User): readonly number[] {
  return groupList(user.name, user.gid);
}
