/** One key of a section: how it is read, its default, and what its users are told. */
import type { Reader } from '../reader.ts';

export interface Key<T> {
  readonly read: Reader<T>;
  /** The default as a user would write it; `undefined`: unset, see {@link Key.absent}. */
  readonly default: string | undefined;
  /** What holds without the key, where that is neither a default nor simply "unset". */
  readonly absent?: string;
  readonly unit?: string;
  /** One complete sentence or more. */
  readonly doc: string;
  /** The value in the sample configuration, where the default would not do. */
  readonly sample?: string;
  /** Whether messages must not repeat the value. */
  readonly secret?: true;
  /** Whether messages of failed expansion call the key by its bare name, without the section. */
  readonly bareLabel?: true;
}

export type KeyTable = { readonly [name: string]: Key<unknown> };

/** What a key gives: its type, or also `undefined` where there is no default. */
export type ValueOf<K> = K extends { readonly read: Reader<infer T>; readonly default: infer D }
  ? D extends string
    ? T
    : T | undefined
  : never;

export type KeyName<Table extends KeyTable> = keyof Table & string;
