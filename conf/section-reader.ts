import { ConfigError, type ConfigErrorPlace, textOf } from './config-error.ts';
import type { DocumentValue, Section } from './dialect.ts';
import { expand, type Scope, type ValueLabel } from './expand.ts';
import type { Findings } from './findings.ts';
import { InvalidValue } from './invalid-value.ts';
import type { Key, KeyName, KeyTable, ValueOf } from './keys/key.ts';
import { repr } from './python-text.ts';
import type { ReadContext, Reader } from './reader.ts';

export interface SectionReaderOptions<Table extends KeyTable> {
  readonly section: Section;
  /** Keys of `[DEFAULT]`. */
  readonly defaults: ReadonlyMap<string, DocumentValue>;
  readonly table: Table;
  readonly findings: Findings;
  readonly context: ReadContext;
  /** Whether supervisord's texts end with the section and its file, as those about single processes do. */
  readonly namesSection?: boolean;
  /** Whether they begin with the section and the key, as nothing else in them says which it was. */
  readonly namesKey?: boolean;
  /** What a key of the table is called in this section, if not the same. */
  readonly nameInSection?: (key: string) => string;
}

/** The defaults that were read already, by what they were read for: thousands of programs have the same ones. */
const defaultsRead = new WeakMap<Findings, Map<Key<unknown>, unknown>>();

/**
 * Reads the keys of one section. A value that is wrong goes to the findings, and the default takes its place,
 * so that reading goes on and finds whatever else is wrong; the caller throws the result away.
 */
export class SectionReader<Table extends KeyTable> {
  readonly section: Section;
  readonly #options: SectionReaderOptions<Table>;

  constructor(options: SectionReaderOptions<Table>) {
    this.section = options.section;
    this.#options = options;
  }

  /** The value as written; `undefined` if the file does not have the key. */
  written(key: KeyName<Table>): DocumentValue | undefined {
    return this.#lookUp(key);
  }

  /** All keys of the table that the file has, by their names in the table. */
  allWritten(): ReadonlyMap<string, DocumentValue> {
    const keys = Object.keys(this.#options.table);
    const written = keys.map((key) => [key, this.#lookUp(key)] as const);
    return new Map(written.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
  }

  #lookUp(key: string): DocumentValue | undefined {
    const name = this.#nameOf(key);
    return this.section.values.get(name) ?? this.#options.defaults.get(name);
  }

  #nameOf(key: string): string {
    return this.#options.nameInSection?.(key) ?? key;
  }

  /** The value: expanded and read, or the default. */
  get<K extends KeyName<Table>>(key: K, scope: Scope): ValueOf<Table[K]> {
    return this.#read(key, this.#entry(key), scope) as ValueOf<Table[K]>;
  }

  /** Like {@link get}, by another reader than the table's, and without a default. */
  getBy<T>(read: Reader<T>, key: KeyName<Table>, scope: Scope): T | undefined {
    return this.#read(key, { read, default: undefined, doc: '' }, scope) as T | undefined;
  }

  #read(key: KeyName<Table>, entry: Key<unknown>, scope: Scope): unknown {
    const written = this.written(key);
    if (written === undefined) return this.#default(entry);
    return this.attempt(
      key,
      () => entry.read.read(expand(written, this.#label(key), scope), this.#options.context),
      () => this.#default(entry),
    );
  }

  /** The value expanded but not read; the default stands for a missing key, and for one that cannot be expanded. */
  expanded(key: KeyName<Table>, scope: Scope): string | undefined {
    const entry = this.#entry(key);
    const { file, line } = this.section;
    const written =
      this.written(key) ??
      (entry.default === undefined ? undefined : { value: entry.default, here: '', file, line });
    if (written === undefined) return undefined;
    return this.attempt(
      key,
      () => expand(written, this.#label(key), scope),
      () => entry.default,
    );
  }

  /** The keys that the table does not have, expanded. */
  others(scope: Scope): ReadonlyMap<string, string> {
    const others = new Map<string, string>();
    for (const [key, written] of this.section.values) {
      if (Object.hasOwn(this.#options.table, key)) continue;
      const value = this.#attempt(
        key,
        () => expand(written, { label: `${this.section.name}.${key}` }, scope),
        () => undefined,
      );
      if (value !== undefined) others.set(key, value);
    }
    return others;
  }

  /**
   * Reads something of a key in a way that the table does not know. If `read` throws {@link InvalidValue}, that is
   * recorded as {@link fail} does, and `otherwise` takes its place.
   */
  attempt<T, F>(key: KeyName<Table> | undefined, read: () => T, otherwise: () => F): T | F {
    return this.#attempt(key, read, otherwise);
  }

  #attempt<T, F>(key: string | undefined, read: () => T, otherwise: () => F): T | F {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      this.#fail(key, error.message);
      return otherwise();
    }
  }

  /** Records what is wrong with a key; at its line, or if it is missing at the section's. */
  fail(key: KeyName<Table> | undefined, what: string): void {
    this.#fail(key, what);
  }

  #fail(key: string | undefined, what: string): void {
    const place = this.#place(key);
    const text = this.#options.namesKey === true ? textOf(place, what) : what + this.#suffix();
    this.#options.findings.error(new ConfigError(place, what, text));
  }

  /** Records a warning about a key, at the same place. */
  warn(key: KeyName<Table>, text: string): void {
    this.#options.findings.warnAt(this.place(key), text);
  }

  /** Where a key is written, with its value; if it is missing, where its section is. */
  place(key: KeyName<Table> | undefined): ConfigErrorPlace {
    return this.#place(key);
  }

  #place(key: string | undefined): ConfigErrorPlace {
    const written = key === undefined ? undefined : this.#lookUp(key);
    const { file, line } = written ?? this.section;
    const isSecret = key !== undefined && this.#isSecret(key);
    const name = key === undefined ? undefined : this.#nameOf(key);
    return {
      file,
      line,
      section: this.section.name,
      key: name,
      value: isSecret ? undefined : written?.value,
    };
  }

  #suffix(): string {
    if (this.#options.namesSection !== true) return '';
    return ` in section ${repr(this.section.name)} (file: ${repr(this.section.file)})`;
  }

  #entry(key: KeyName<Table>): Key<unknown> {
    // Never absent: the parameter's type admits only keys of the table.
    return this.#options.table[key] as Key<unknown>;
  }

  #label(key: KeyName<Table>): ValueLabel {
    const name = this.#nameOf(key);
    const label = this.#entry(key).bareLabel === true ? name : `${this.section.name}.${name}`;
    return { label, secret: this.#isSecret(key) };
  }

  #isSecret(key: string): boolean {
    return Object.hasOwn(this.#options.table, key) && this.#options.table[key]?.secret === true;
  }

  #default(entry: Key<unknown>): unknown {
    if (entry.default === undefined) return undefined;
    const { findings, context } = this.#options;
    const known = defaultsRead.get(findings) ?? new Map<Key<unknown>, unknown>();
    defaultsRead.set(findings, known);
    if (!known.has(entry)) {
      known.set(entry, entry.read.read(entry.default, context));
    }
    return known.get(entry);
  }
}
