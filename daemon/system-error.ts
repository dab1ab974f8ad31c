/**
 * The name of a system error, such as `ENOENT`; empty for other errors. Asks what the error has, not whose
 * `Error` it is: a test environment has one of its own.
 */
export function systemErrorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** The positive errno of a system error; 0 for other errors. */
export function systemErrorNumber(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('errno' in error)) return 0;
  return typeof error.errno === 'number' ? Math.abs(error.errno) : 0;
}
