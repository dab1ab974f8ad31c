/** Signals by number and by name. */
import { constants } from 'node:os';
import { InvalidValue } from './invalid-value.ts';
import { parseInteger, repr, strip } from './python-text.ts';
import type { Reader } from './reader.ts';

const numbers = new Map<string, number>(Object.entries(constants.signals));
// Names that Node leaves out, as Linux has them on every architecture it runs on here.
for (const [alias, number] of [
  ['SIGCLD', 17],
  ['SIGRTMIN', 34],
  ['SIGRTMAX', 64],
] as const) {
  numbers.set(alias, number);
}
numbers.delete('SIGUNUSED');

/** 0 counts as one: it is sent to nobody, so that "stop" waits for SIGKILL. */
const valid = new Set([0, ...numbers.values()]);

/** A signal number, or its name with or without `SIG`, in any case. */
export const signal: Reader<number> = { type: 'signal', read: (text) => signalNumber(text) };

/**
 * The number of a signal that is given by number or name.
 *
 * @throws {InvalidValue} there is no such signal
 */
export function signalNumber(text: string): number {
  const number = parseInteger(text);
  if (number === undefined) {
    const upper = strip(text).toUpperCase();
    const named = numbers.get(upper.startsWith('SIG') ? upper : `SIG${upper}`);
    if (named === undefined) throw new InvalidValue(`value ${repr(text)} is not a valid signal name`);
    return named;
  }
  if (!valid.has(number)) throw new InvalidValue(`value ${repr(text)} is not a valid signal number`);
  return number;
}
