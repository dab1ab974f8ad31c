/** The user and group databases, through NSS: files, LDAP, systemd or whatever the machine uses. */
import { constants } from 'node:os';
import koffi from 'koffi';
import { c, SystemError } from './call.ts';

const passwd = koffi.struct({
  pw_name: 'str',
  pw_passwd: 'str',
  pw_uid: 'uint32_t',
  pw_gid: 'uint32_t',
  pw_gecos: 'str',
  pw_dir: 'str',
  pw_shell: 'str',
});
const group = koffi.struct({ gr_name: 'str', gr_passwd: 'str', gr_gid: 'uint32_t', gr_mem: 'void *' });

export interface PasswdEntry {
  readonly pw_name: string;
  readonly pw_uid: number;
  readonly pw_gid: number;
  readonly pw_dir: string;
}

export interface GroupEntry {
  readonly gr_name: string;
  readonly gr_gid: number;
}

const result = koffi.out(koffi.pointer('void *'));
const rest = ['void *', 'size_t', result];
const passwdOut = koffi.out(koffi.pointer(passwd));
const groupOut = koffi.out(koffi.pointer(group));
const getpwnam = c.func('getpwnam_r', 'int', ['str', passwdOut, ...rest]);
const getpwuid = c.func('getpwuid_r', 'int', ['uint32_t', passwdOut, ...rest]);
const getgrnam = c.func('getgrnam_r', 'int', ['str', groupOut, ...rest]);
const getgrgid = c.func('getgrgid_r', 'int', ['uint32_t', groupOut, ...rest]);
const getgrouplistCall = c.func('getgrouplist', 'int', ['str', 'uint32_t', 'void *', 'void *']);

/** Calls one of the `get…_r` functions, with a buffer as large as the entry turns out to need. */
function lookUp<Entry>(
  call: (...args: unknown[]) => number,
  name: string,
  key: string | number,
): Entry | undefined {
  const { ERANGE, EINTR, ENOENT, ESRCH } = constants.errno;
  for (let size = 4096; ; ) {
    const entry = {} as Entry;
    const found: [unknown] = [null];
    const errno = call(key, entry, Buffer.alloc(size), size, found);
    if (errno === 0) return found[0] === null ? undefined : entry;
    // "Not found" is a success by the standard, but some NSS modules answer with these.
    if (errno === ENOENT || errno === ESRCH) return undefined;
    if (errno === ERANGE && size < 16 * 1024 * 1024) size *= 4;
    else if (errno !== EINTR) throw new SystemError(name, errno, String(key));
  }
}

/** @throws {SystemError} when the database cannot be asked */
export function passwdByName(name: string): PasswdEntry | undefined {
  return lookUp(getpwnam, 'getpwnam_r', name);
}

/** @throws {SystemError} when the database cannot be asked */
export function passwdByUid(uid: number): PasswdEntry | undefined {
  return lookUp(getpwuid, 'getpwuid_r', uid);
}

/** @throws {SystemError} when the database cannot be asked */
export function groupEntryByName(name: string): GroupEntry | undefined {
  return lookUp(getgrnam, 'getgrnam_r', name);
}

/** @throws {SystemError} when the database cannot be asked */
export function groupEntryByGid(gid: number): GroupEntry | undefined {
  return lookUp(getgrgid, 'getgrgid_r', gid);
}

/** All groups of a user: `gid` first, then those that name the user as a member. */
export function groupList(name: string, gid: number): readonly number[] {
  const count = Buffer.alloc(4);
  for (let capacity = 64; ; capacity *= 4) {
    const groups = Buffer.alloc(capacity * 4);
    count.writeInt32LE(capacity, 0);
    const enough = getgrouplistCall(name, gid, groups, count) >= 0;
    if (enough) {
      return Array.from({ length: count.readInt32LE(0) }, (_, index) => groups.readUInt32LE(index * 4));
    }
  }
}
