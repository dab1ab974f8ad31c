/** Readers of users and groups. */
import { InvalidValue } from './invalid-value.ts';
import { parseInteger } from './python-text.ts';
import type { ReadContext, Reader } from './reader.ts';
import type { Ownership, User } from './settings.ts';

/** A user name or id that the system knows. */
export const user: Reader<User> = {
  type: 'user',
  read(text, { users }) {
    const uid = parseInteger(text);
    const found = uid === undefined ? users.userByName(text) : users.userByUid(uid);
    if (found === undefined)
      throw new InvalidValue(`Invalid user ${uid === undefined ? 'name' : 'id'} ${text}`);
    return found;
  },
};

/** `user` or `user:group`, each a name or an id; for keys whose error text says `what`. */
export function ownership(what: string): Reader<Ownership> {
  return {
    type: 'user:group',
    read(text, context) {
      const found = findOwnership(text, context);
      if (found === undefined) throw new InvalidValue(`Invalid ${what} value ${text}`);
      return found;
    },
  };
}

function findOwnership(text: string, { users }: ReadContext): Ownership | undefined {
  const colon = text.indexOf(':');
  const owner = colon < 0 ? text : text.slice(0, colon);
  const uid = parseInteger(owner);
  const found = uid === undefined ? users.userByName(owner) : users.userByUid(uid);
  if (found === undefined) return undefined;
  if (colon < 0) return { uid: found.uid, gid: undefined };
  const group = text.slice(colon + 1);
  const number = parseInteger(group);
  const gid = number === undefined ? users.groupByName(group) : users.groupByGid(number);
  return gid === undefined ? undefined : { uid: found.uid, gid };
}
