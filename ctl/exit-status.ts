/**
 * Exit statuses of supervisorctl. They follow what the Linux Standard Base lays down for init scripts,
 * as far as supervisord's own client does.
 *
 * @see supervisor/supervisorctl.py, `LSBInitExitStatuses` and `LSBStatusExitStatuses`
 */
export const exitStatuses = {
  SUCCESS: 0,
  GENERIC: 1,
  INVALID_ARGS: 2,
  UNIMPLEMENTED_FEATURE: 3,
  INSUFFICIENT_PRIVILEGES: 4,
  NOT_INSTALLED: 5,
  NOT_RUNNING: 7,
  /** `status`: a process that is shown is down. */
  STATUS_NOT_RUNNING: 3,
  /** `status`: the server cannot be reached, or a name is unknown. */
  STATUS_UNKNOWN: 4,
} as const;

export type ExitStatus = (typeof exitStatuses)[keyof typeof exitStatuses];

/** The status after two steps of one command: the last failure wins, and success never takes it back. */
export function lastFailure(earlier: ExitStatus, later: ExitStatus): ExitStatus {
  return later === exitStatuses.SUCCESS ? earlier : later;
}
