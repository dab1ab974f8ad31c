import { readFileSync } from 'node:fs';
import type { UserDatabase } from '../../conf/reader.ts';
import type { User } from '../../conf/settings.ts';

/** The users of `/etc/passwd` and `/etc/group`, as tests need them; a real daemon asks libc. */
export function systemUsers(): UserDatabase {
  return usersOf(readFileSync('/etc/passwd', 'utf8'), readFileSync('/etc/group', 'utf8'));
}

/** A database of what these two files would say. */
export function usersOf(passwd: string, group: string): UserDatabase {
  const records = (text: string) => text.split('\n').map((line) => line.split(':'));
  const users = new Map<string, User & { readonly home: string }>();
  for (const [name = '', , uid, gid, , home = ''] of records(passwd)) {
    if (name !== '') users.set(name, { name, uid: Number(uid), gid: Number(gid), home });
  }
  const groups = new Map<string, number>();
  for (const [name = '', , gid] of records(group)) if (name !== '') groups.set(name, Number(gid));
  const withoutHome = (user: User | undefined): User | undefined =>
    user && { name: user.name, uid: user.uid, gid: user.gid };
  return {
    userByName: (name) => withoutHome(users.get(name)),
    userByUid: (uid) => withoutHome([...users.values()].find((user) => user.uid === uid)),
    groupByName: (name) => groups.get(name),
    groupByGid: (gid) => [...groups.values()].find((other) => other === gid),
    homeOf: (name) => users.get(name)?.home,
  };
}
