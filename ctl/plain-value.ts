import type { XmlRpcValue } from '../rpc/xmlrpc-values.ts';

/** A value that the server sent, with structs as plain objects. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [member: string]: PlainValue };

/** Structs arrive as maps, since their names are not ours; those who know the names like objects better. */
export function plain(value: XmlRpcValue): PlainValue {
  if (typeof value !== 'object' || value === null) return value;
  if (!(value instanceof Map)) return (value as readonly XmlRpcValue[]).map(plain);
  return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
}
