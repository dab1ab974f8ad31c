/**
 * The name of a system error, such as `ENOENT`; the message of another one; the text of anything else. Asks what
 * the error has, not whose `Error` it is: a test environment has one of its own.
 */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'message' in error ? String(error.message) : String(error);
}
