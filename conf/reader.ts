/** What reads the text of a value: on the command line as in the file. */
import type { Environment, User } from './settings.ts';

/** The users and groups of the system. The daemon asks libc, and through it NSS; tests have their own. */
export interface UserDatabase {
  userByName(name: string): User | undefined;
  userByUid(uid: number): User | undefined;
  /** Group id. */
  groupByName(name: string): number | undefined;
  /** The id itself, if there is such a group. */
  groupByGid(gid: number): number | undefined;
  /** Home directory, for `~name`. */
  homeOf(name: string): string | undefined;
}

/** What the meaning of a value may depend on. */
export interface ReadContext {
  /** Environment of the process as it was at start. */
  readonly env: Environment;
  /** Absolute; where relative paths start. */
  readonly cwd: string;
  /** User id of this process. */
  readonly uid: number;
  readonly users: UserDatabase;
}

export interface Reader<T> {
  /** Name of the type, as docs/configuration/README.md explains it. */
  readonly type: string;
  /**
   * @param text the value, expanded
   * @throws {InvalidValue} the text has no such meaning
   */
  read(text: string, context: ReadContext): T;
}
