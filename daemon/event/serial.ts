/**
 * Numbers events from 0 on. supervisord begins anew after 2^63 − 1; here numbers are exact up to 2^53, which
 * a million events a second reach after 285 years.
 */
export class SerialCounter {
  #next = 0;

  next(): number {
    const serial = this.#next;
    this.#next += 1;
    return serial;
  }
}
