/**
 * The name of a system error, such as `ENOENT`; the text of anything else. Asks what the error has, not whose
 * `Error` it is: a test environment has one of its own.
 */
export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return String(error);
}
