import { readFileSync } from 'node:fs';
import type { UserDatabase } from '../conf/reader.ts';
import type { User } from '../conf/settings.ts';

/**
 * The users of `/etc/passwd`, for `~` and `~name` in paths, which is all that the client wants of them:
 * asking libc for the others would cost more at every start than the rest of the program.
 */
export const passwdUsers: UserDatabase = {
  userByName: (name) => entries().find((entry) => entry.user.name === name)?.user,
  userByUid: (uid) => entries().find((entry) => entry.user.uid === uid)?.user,
  groupByName: () => undefined,
  groupByGid: () => undefined,
  homeOf: (name) => entries().find((entry) => entry.user.name === name)?.home,
};

interface Entry {
  readonly user: User;
  readonly home: string;
}

function entries(): readonly Entry[] {
  try {
    return readFileSync('/etc/passwd', 'utf8').split('\n').flatMap(parse);
  } catch {
    return [];
  }
}

function parse(line: string): readonly Entry[] {
  const [name = '', , uid = '', gid = '', , home = ''] = line.split(':');
  if (name === '' || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return [];
  return [{ user: { name, uid: Number(uid), gid: Number(gid) }, home }];
}
