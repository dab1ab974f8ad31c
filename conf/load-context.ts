import type { Document } from './dialect.ts';
import type { Findings } from './findings.ts';
import type { ReadContext } from './reader.ts';

/** What the meaning of a configuration depends on beside its files. */
export interface LoadContext extends ReadContext {
  /** Node name of the machine (`uname -n`): `%(host_node_name)s`. */
  readonly hostname: string;
  /** Directory for temporary files, where AUTO logs go by default. */
  readonly tempDirectory: string;
  /** Keys of `[supervisord]` that the command line gives, so that the file's `user` need not exist. */
  readonly overridden?: ReadonlySet<string>;
  /** What time it is, to warn of schedules that are over. */
  readonly now?: () => Date;
  /** Whether to warn of what others than root can change: the daemon is root, or was. */
  readonly warnsOfUnsafeFiles?: boolean;
}

/** What the readers of sections share. */
export interface Loading {
  readonly document: Document;
  readonly context: LoadContext;
  readonly findings: Findings;
}
