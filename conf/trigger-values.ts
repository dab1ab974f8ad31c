/** Keys that say when, from somebody who tries them out: without a file, and without anything that is to run. */
import type { Trigger } from '../schedule/triggers/trigger.ts';
import type { DocumentValue, Section } from './dialect.ts';
import { Findings } from './findings.ts';
import { triggerKeys } from './keys/trigger.ts';
import type { ReadContext } from './reader.ts';
import { SectionReader } from './section-reader.ts';
import { readTrigger } from './triggers.ts';
import { closest, didYouMean } from './unknown-names.ts';

export type TriggerValuesResult =
  | { readonly type: 'ok'; readonly trigger: Trigger }
  /** A text for each; most begin with the key and its value. */
  | { readonly type: 'invalid'; readonly errors: readonly string[] };

export interface TriggerValuesOptions {
  /** Of a trigger that says none. */
  readonly timezone: string;
  readonly context: ReadContext;
}

/**
 * Reads keys of a `[trigger:x]`.
 *
 * @param values by key, with percent signs written `%%` as in a file
 */
export function readTriggerValues(
  values: ReadonlyMap<string, string>,
  { timezone, context }: TriggerValuesOptions,
): TriggerValuesResult {
  const known = Object.keys(triggerKeys);
  const unknown = [...values.keys()].filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    const errors = unknown.map((key) => `${key}: no key that says when${didYouMean(closest(key, known))}`);
    return { type: 'invalid', errors };
  }
  const place = { file: '', line: 0, here: context.cwd };
  const section: Section = {
    name: 'trigger',
    ...place,
    values: new Map([...values].map(([key, value]): [string, DocumentValue] => [key, { ...place, value }])),
  };
  const findings = new Findings('');
  const options = { section, defaults: new Map(), table: triggerKeys, findings, context, namesKey: true };
  const scope = { names: new Map(), environment: context.env };
  const trigger = readTrigger(new SectionReader(options), scope, { timezone, jitter: undefined });
  if (trigger !== undefined && findings.errors.length === 0) return { type: 'ok', trigger };
  return { type: 'invalid', errors: findings.errors.map(({ text }) => text.replace(/^\[trigger\]:? /, '')) };
}
