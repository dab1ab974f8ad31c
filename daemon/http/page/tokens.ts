import { createHmac, timingSafeEqual } from 'node:crypto';
import { getrandom } from '../../host/libc/random.ts';

/**
 * What tells a form of our page from one that another site made a browser send: only who was served the
 * page knows its token. A token is good until the daemon ends, for who sent the same credentials when the
 * page was served; so nobody can lend theirs to a form that acts with the rights of somebody else.
 */
export class PageTokens {
  readonly #key = getrandom(32);

  /** @param authorization the header of the request that the page answers */
  issue(authorization: string | undefined): string {
    return this.#digest(authorization).toString('base64url');
  }

  /** Whether `token` was issued to who sends that header. The time taken tells nothing about it. */
  accepts(authorization: string | undefined, token: string | undefined): boolean {
    const given = Buffer.from(token ?? '', 'base64url');
    const expected = this.#digest(authorization);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #digest(authorization: string | undefined): Buffer {
    return createHmac('sha256', this.#key)
      .update(authorization ?? '')
      .digest();
  }
}
