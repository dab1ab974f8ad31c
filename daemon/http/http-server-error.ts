import { errorCode } from '../../conf/error-code.ts';

/** A server of the configuration cannot be opened; the message is what the user is told. */
export class HttpServerError extends Error {
  override readonly name = 'HttpServerError';
}

/** What `getaddrinfo` calls the errors for which Node has names of its own. */
const resolverErrors: ReadonlyMap<string, number> = new Map([
  ['ENOTFOUND', -2],
  ['ENODATA', -5],
  ['EAI_AGAIN', -3],
]);

/**
 * The error of a failed bind, in supervisord's words.
 *
 * @see supervisor/options.py, `openhttpservers`
 */
export function bindError(error: unknown): HttpServerError {
  const code = errorCode(error);
  if (code === 'EADDRINUSE') return addressInUse(error);
  const resolverError = resolverErrors.get(code);
  const number = resolverError ?? errorNumber(error);
  const reported = resolverError === undefined && number !== 0 ? `errno.${code} (${number})` : String(number);
  return new HttpServerError(`Cannot open an HTTP server: socket.error reported ${reported}`, {
    cause: error,
  });
}

/** Somebody else listens there. */
export function addressInUse(cause?: unknown): HttpServerError {
  return new HttpServerError(
    'Another program is already listening on a port that one of our HTTP servers is configured to use.  Shut this program down first before starting supervisord.',
    { cause },
  );
}

/** The positive errno of a system error; 0 for other errors. */
function errorNumber(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('errno' in error)) return 0;
  return typeof error.errno === 'number' ? Math.abs(error.errno) : 0;
}
