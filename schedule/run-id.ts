import { randomBytes } from 'node:crypto';

/** Crockford's base 32: in the order of ASCII, and without letters that are taken for digits. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * Makes ids of runs: ULIDs, which sort by time. Those of one generator sort by the order in which they were made,
 * also within a millisecond and while the clock is set back.
 *
 * @see https://github.com/ulid/spec
 */
export class RunIds {
  #milliseconds = 0;
  #random = 0n;

  next(now: Date): string {
    if (now.getTime() > this.#milliseconds) {
      this.#milliseconds = now.getTime();
      // The highest bit stays free for those that follow in the same millisecond.
      this.#random = randomBytes(10).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) >> 1n;
    } else {
      this.#random += 1n;
    }
    return encode(BigInt(this.#milliseconds), 10) + encode(this.#random, 16);
  }
}

function encode(number: bigint, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest >>= 5n) text = digits[Number(rest & 31n)] + text;
  return text;
}
