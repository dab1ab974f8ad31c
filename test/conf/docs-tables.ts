/** The pages of docs/configuration, as the key tables would have them. */
import type { Key } from '../../conf/keys/key.ts';
import { programKeys } from '../../conf/keys/program.ts';
import type { SectionKind } from '../../conf/keys/sections.ts';

/** What a section is called in text, as `[program:x]`. */
export function sectionName({ name, match }: SectionKind): string {
  return `[${name}${match === 'named' ? ':x' : ''}]`;
}

/** The table of a section's keys; sections that share those of `[program:x]` list only what differs. */
export function keyTable({ keys, hasProgramKeys }: SectionKind): string {
  const shared = new Map<string, Key<unknown>>(Object.entries(programKeys));
  const entries = Object.entries(keys);
  const own = hasProgramKeys ? entries.filter(([name, key]) => shared.get(name) !== key) : entries;
  const rows = own.map(
    ([name, key]) => `| \`${name}\` | ${key.read.type} | ${defaultText(key)} | ${key.doc} |`,
  );
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function defaultText({ default: text, absent, unit }: Key<unknown>): string {
  if (text === undefined) return absent ?? 'unset';
  const value = text === '' ? 'empty' : `\`${text}\``;
  return unit === undefined || unit === 'bytes' ? value : `${value} ${unit}`;
}
