import { repr } from '../../conf/python-text.ts';
import { RpcFault } from '../../rpc/faults.ts';
import type { XmlRpcValue } from '../../rpc/xmlrpc.ts';

/** How a method reads one argument. */
export interface Parameter<T> {
  /** What `system.methodSignature` calls it. */
  readonly type: WireType;
  /** Present: the argument may be left out. */
  readonly fallback?: { readonly value: T };
  /** @throws {RpcFault} if the value is no `T` */
  read(value: XmlRpcValue): T;
}

export type WireType = 'string' | 'int' | 'boolean' | 'array' | 'struct' | 'double';

/** Text; anything else is `INCORRECT_PARAMETERS`. */
export const string: Parameter<string> = {
  type: 'string',
  read(value) {
    if (typeof value !== 'string') throw new RpcFault('INCORRECT_PARAMETERS');
    return value;
  },
};

/** Text, as `sendProcessStdin` takes it: its fault shows what came instead. */
export const characters: Parameter<string> = {
  type: 'string',
  read(value) {
    if (typeof value === 'string') return value;
    throw new RpcFault('INCORRECT_PARAMETERS', value === null ? undefined : pythonText(value));
  },
};

/**
 * A whole number, or the digits of one. Fractions are cut off. Text that is no number is
 * `BAD_ARGUMENTS`; what could not be one, such as an array, `INCORRECT_PARAMETERS`.
 */
export const integer: Parameter<number> = {
  type: 'int',
  read(value) {
    switch (typeof value) {
      case 'number':
        return Math.trunc(value);
      case 'boolean':
        return Number(value);
      case 'string':
        if (!/^\s*[+-]?\d+\s*$/.test(value)) throw new RpcFault('BAD_ARGUMENTS');
        return Number(value);
      default:
        throw new RpcFault('INCORRECT_PARAMETERS');
    }
  },
};

/** Any value, taken as supervisord's language takes one for a condition: only empty ones and 0 are false. */
export const boolean: Parameter<boolean> = {
  type: 'boolean',
  read(value) {
    if (Array.isArray(value)) return value.length > 0;
    if (value instanceof Map) return value.size > 0;
    return Boolean(value);
  },
};

/** Text or a whole number, as signals are given. */
export const signalText: Parameter<string> = {
  type: 'string',
  read(value) {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(Number(value));
    throw new RpcFault('BAD_SIGNAL', pythonText(value));
  },
};

/** Text, or the text that supervisord's language makes of anything else. */
export const text: Parameter<string> = {
  type: 'string',
  read: (value) => (typeof value === 'string' ? value : pythonText(value)),
};

/** An array of anything. */
export const array: Parameter<readonly XmlRpcValue[]> = {
  type: 'array',
  read(value) {
    if (!Array.isArray(value)) throw new RpcFault('INCORRECT_PARAMETERS');
    return value;
  },
};

/** The parameter may be left out; then it is `value`. */
export function optional<T>(parameter: Parameter<T>, value: T): Parameter<T> {
  return { ...parameter, fallback: { value } };
}

/** As Python's `repr` writes a value. A double that is whole is like an integer here. */
function pythonText(value: XmlRpcValue): string {
  if (value === null) return 'None';
  switch (typeof value) {
    case 'string':
      return repr(value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
      return numberText(value);
    default:
      return collectionText(value);
  }
}

function collectionText(value: readonly XmlRpcValue[] | ReadonlyMap<string, XmlRpcValue>): string {
  if (!(value instanceof Map)) return `[${[...value.values()].map(pythonText).join(', ')}]`;
  return `{${[...value].map(([name, member]) => `${repr(name)}: ${pythonText(member)}`).join(', ')}}`;
}

/** Python changes to exponents earlier for small numbers, and writes them with two digits. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  if (Math.abs(value) >= 1e-4) return String(value);
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}
