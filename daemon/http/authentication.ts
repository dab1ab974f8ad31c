import { createHash, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../../conf/settings.ts';

export type AuthenticationResult =
  | { readonly type: 'granted' | 'refused' }
  /** A scheme that is not Basic. */
  | { readonly type: 'unknown-scheme'; readonly scheme: string };

/**
 * Judges an `Authorization` header against the credentials of a server. What cannot be decoded is
 * refused like a wrong password. The time taken does not tell how much of a guess was right.
 *
 * @see supervisor/http.py, `supervisor_auth_handler`
 */
export function authenticate(credentials: Credentials, header: string | undefined): AuthenticationResult {
  const [, scheme, encoded] = /^ *([^ ]+) *(.*)$/.exec(header ?? '') ?? [];
  if (scheme === undefined || encoded === undefined) return { type: 'refused' };
  if (scheme.toLowerCase() !== 'basic') return { type: 'unknown-scheme', scheme };
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded.trim())) return { type: 'refused' };

  const given = Buffer.from(encoded, 'base64');
  // The first colon divides: user names have none, passwords may.
  const colon = given.indexOf(':');
  if (colon === -1) return { type: 'refused' };
  const knowsName = isEqual(given.subarray(0, colon), credentials.username);
  const knowsPassword = isPassword(given.subarray(colon + 1), credentials.password);
  return { type: knowsName && knowsPassword ? 'granted' : 'refused' };
}

const shaPrefix = '{SHA}';

function isPassword(given: Buffer, stored: string): boolean {
  if (!stored.startsWith(shaPrefix)) return isEqual(given, stored);
  const digest = createHash('sha1').update(given).digest('hex');
  return isEqual(Buffer.from(digest), stored.slice(shaPrefix.length));
}

/** Compares digests, which have one length whatever was given. */
function isEqual(given: Buffer, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}

function sha256(data: Buffer | string): Buffer {
  return createHash('sha256').update(data).digest();
}
