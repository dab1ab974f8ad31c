/**
 * Readers of what the server sends back: from a value of the wire to a value with a type. Each throws
 * `UnexpectedAnswer` for a value it has no use for.
 */
import type { XmlRpcValue } from '../rpc/xmlrpc-values.ts';
import { UnexpectedAnswer } from './failures.ts';

export type Read<T> = (value: XmlRpcValue | undefined) => T;

export type Struct = ReadonlyMap<string, XmlRpcValue>;

export const text: Read<string> = (value) => {
  if (typeof value === 'string') return value;
  // An untyped or numeric value where a name is expected is still a name.
  if (typeof value === 'number') return String(value);
  throw unexpected('a string', value);
};

export const integer: Read<number> = (value) => {
  if (typeof value === 'number') return value;
  throw unexpected('a number', value);
};

export const truth: Read<boolean> = (value) => Boolean(value);

export const struct: Read<Struct> = (value) => {
  if (value instanceof Map) return value;
  throw unexpected('a struct', value);
};

export function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw unexpected('an array', value);
    return value.map((item: XmlRpcValue) => read(item));
  };
}

function unexpected(what: string, value: XmlRpcValue | undefined): UnexpectedAnswer {
  return new UnexpectedAnswer(
    `The server sent ${value === undefined ? 'nothing' : typeof value} instead of ${what}`,
  );
}
