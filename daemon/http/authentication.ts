import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../../conf/settings.ts';
import { getrandom } from '../host/libc/random.ts';
import { matchesHash } from '../scrypt.ts';
import type { Turns } from './turns.ts';

export type AuthenticationResult =
  | { readonly type: 'granted' | 'refused' }
  /** A scheme that is not Basic. */
  | { readonly type: 'unknown-scheme'; readonly scheme: string }
  /** The client makes more guesses than there is time to look at. */
  | { readonly type: 'too-many' };

export interface Attempt {
  /** Value of the `Authorization` header. */
  readonly header: string | undefined;
  /** Who takes turns with others where a guess is costly: the address of the client. */
  readonly asker: string;
  /** Aborts when nobody waits for the answer any more. */
  readonly abortSignal: AbortSignal;
}

const granted = { type: 'granted' } as const;
const refused = { type: 'refused' } as const;

/**
 * Judges `Authorization` headers against the credentials of a server. What cannot be decoded is refused
 * like a wrong password. The time taken does not tell how much of a guess was right.
 *
 * A `{SCRYPT}` password is costly to compare by design. What was accepted last is known again at once, by a
 * code that means nothing outside this process; other guesses are looked at one at a time.
 *
 * @see supervisor/http.py, `supervisor_auth_handler`
 */
export class Authenticator {
  readonly #credentials: Credentials;
  readonly #turns: Turns;
  readonly #key = getrandom(32);
  #accepted: Buffer | undefined;

  /** @param turns shared by all that compare costly passwords */
  constructor(credentials: Credentials, turns: Turns) {
    this.#credentials = credentials;
    this.#turns = turns;
  }

  /** @throws when the system does not have the memory that the password's hash needs */
  async authenticate({ header, asker, abortSignal }: Attempt): Promise<AuthenticationResult> {
    const [, scheme, encoded] = /^ *([^ ]+) *(.*)$/.exec(header ?? '') ?? [];
    if (scheme === undefined || encoded === undefined) return refused;
    if (scheme.toLowerCase() !== 'basic') return { type: 'unknown-scheme', scheme };
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded.trim())) return refused;
    const given = Buffer.from(encoded, 'base64');
    // The first colon divides: user names have none, passwords may.
    const colon = given.indexOf(':');
    if (colon === -1) return refused;

    const knowsName = isEqual(given.subarray(0, colon), this.#credentials.username);
    const guess = given.subarray(colon + 1);
    const { password } = this.#credentials;
    switch (password.type) {
      case 'plain':
        return isEqual(guess, password.text) && knowsName ? granted : refused;
      case 'SHA':
        return isEqual(sha1(guess), password.hex) && knowsName ? granted : refused;
      case 'SCRYPT': {
        const code = createHmac('sha256', this.#key).update(given).digest();
        if (this.#isAccepted(code)) return granted;
        const outcome = await this.#turns.take(asker, async () => {
          // While this one waited, the same credentials may have been accepted.
          if (abortSignal.aborted) return refused;
          if (this.#isAccepted(code)) return granted;
          const knowsPassword = await matchesHash(guess, password);
          if (!knowsName || !knowsPassword) return refused;
          this.#accepted = code;
          return granted;
        });
        return outcome ?? { type: 'too-many' };
      }
    }
  }

  #isAccepted(code: Buffer): boolean {
    return this.#accepted !== undefined && timingSafeEqual(code, this.#accepted);
  }
}

function sha1(data: Buffer): Buffer {
  return Buffer.from(createHash('sha1').update(data).digest('hex'));
}

/** Compares digests, which have one length whatever was given. */
function isEqual(given: Buffer, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}

function sha256(data: Buffer | string): Buffer {
  return createHash('sha256').update(data).digest();
}
