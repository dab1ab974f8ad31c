/**
 * Numbers events from 0 on. supervisord begins anew after 2^63 − 1; here numbers are exact up to 2^53, which
 * a million events a second reach after 285 years.
 */
export class SerialCounter {
  #following = 0;

  /** The number that `next` will give. */
  get following(): number {
    return this.#following;
  }

  next(): number {
    const serial = this.#following;
    this.#following += 1;
    return serial;
  }

  /** Those below `serial` have been given, by an earlier daemon. */
  skipTo(serial: number): void {
    this.#following = Math.max(this.#following, serial);
  }
}
