import { type FaultName, faultName } from '../rpc/faults.ts';

/** No connection came about, or it broke before the answer was complete. */
export class ConnectionFailure extends Error {
  static override [Symbol.hasInstance] = (value: unknown): boolean => isNamed(value, 'ConnectionFailure');
  override readonly name = 'ConnectionFailure';
  /** The system's name for the reason, such as `ECONNREFUSED`. */
  readonly code: string | undefined;

  constructor(serverurl: string, cause: unknown) {
    const code = errorCode(cause);
    super(`${serverurl}: ${reasons.get(code ?? '') ?? (code === undefined ? String(cause) : code)}`, {
      cause,
    });
    this.code = code;
  }
}

/** The server answered with an HTTP status other than 200. */
export class HttpFailure extends Error {
  static override [Symbol.hasInstance] = (value: unknown): boolean => isNamed(value, 'HttpFailure');
  override readonly name = 'HttpFailure';
  readonly status: number;

  constructor(serverurl: string, status: number, reason: string) {
    super(`${serverurl}: the server answered ${status} ${reason}`.trimEnd());
    this.status = status;
  }
}

/** The server's answer is a fault. Its code may be one that supervisord does not have. */
export class ServerFault extends Error {
  static override [Symbol.hasInstance] = (value: unknown): boolean => isNamed(value, 'ServerFault');
  override readonly name = 'ServerFault';
  readonly code: number;
  /** The `faultString`. */
  readonly text: string;

  constructor(code: number, text: string) {
    super(`<Fault ${code}: '${text}'>`);
    this.code = code;
    this.text = text;
  }
}

/** The server's answer does not have the shape that the method is documented to have. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** Ctrl-C, where a command or the shell waited for input. */
export class Interrupted extends Error {
  static override [Symbol.hasInstance] = (value: unknown): boolean => isNamed(value, 'Interrupted');
  override readonly name = 'Interrupted';
}

/** What is bundled apart has copies of these classes, and both sides mean the same by them. */
function isNamed(value: unknown, name: string): boolean {
  return value instanceof Error && value.name === name;
}

/** Whether `error` is the server's fault `name`. */
export function isFault(error: unknown, name: FaultName): error is ServerFault {
  return error instanceof ServerFault && faultName(error.code) === name;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'operation not permitted'],
  ['ENOTFOUND', 'host name not known'],
  ['EAI_AGAIN', 'host name lookup failed'],
  ['ECONNRESET', 'the server closed the connection without an answer'],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'network is unreachable'],
  ['ETIMEDOUT', 'connection timed out'],
  ['ENAMETOOLONG', 'the path is too long for a socket'],
  ['EPROTO', 'the server does not speak HTTP'],
]);

/** The system's name for what went wrong; `undefined`: the error has none. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
