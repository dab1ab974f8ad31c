/** Warnings about keys and sections that mean nothing, with what was probably meant. */
import type { Document, Section } from './dialect.ts';
import type { Findings } from './findings.ts';
import { sectionKindOf, sectionKinds } from './keys/sections.ts';
import { strip } from './python-text.ts';

/** Never an error: supervisord passes over them, and files in use have them. */
export function warnOfUnknownNames({ sections, defaults }: Document, findings: Findings): void {
  for (const section of sections.values()) {
    const kind = sectionKindOf(section.name);
    if (kind === undefined) warnOfSection(section, findings);
    else if (!kind.takesAnyKey?.(section)) warnOfKeys(section, Object.keys(kind.keys), findings);
  }
  const anyKey = sectionKinds.flatMap(({ keys }) => Object.keys(keys));
  for (const [key, { file, line }] of defaults) {
    if (anyKey.includes(key)) continue;
    findings.warnAt(
      { file, line, section: 'DEFAULT', key },
      `unknown key${didYouMean(closest(key, anyKey))}`,
    );
  }
}

function warnOfKeys(section: Section, known: readonly string[], findings: Findings): void {
  for (const [key, { file, line }] of section.values) {
    if (known.includes(key)) continue;
    const place = { file, line, section: section.name, key };
    findings.warnAt(place, `unknown key${didYouMean(closest(key, known))}`);
  }
}

function warnOfSection({ name, file, line }: Section, findings: Findings): void {
  const meant = meantSection(name);
  const hint = didYouMean(meant === undefined ? undefined : `[${meant}]`);
  findings.warnAt({ file, line, section: name }, `unknown section${hint}`);
}

/** `[ program:x ]`, `[Program:x]`, `[program x]`, `[program]` and `[progam:x]` are all `[program:x]`. */
function meantSection(written: string): string | undefined {
  const name = strip(written);
  const [, word = '', rest = ''] = /^([^\s:]*)[\s:]*(.*)$/s.exec(name) ?? [];
  const kindName = closest(
    word.toLowerCase(),
    sectionKinds.map((kind) => kind.name),
  );
  const kind = sectionKinds.find((candidate) => candidate.name === kindName);
  if (kind === undefined) return undefined;
  return kind.match === 'named' ? `${kind.name}:${rest === '' ? 'x' : rest}` : kind.name;
}

export function didYouMean(meant: string | undefined): string {
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

/** Most slips of the keyboard are one or two. */
const maxDistance = 2;

/** What was probably meant by a name that is none. */
export function closest(written: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = maxDistance + 1;
  for (const candidate of known) {
    // In a short word two slips are another word.
    if (Math.abs(candidate.length - written.length) > maxDistance || candidate.length <= maxDistance)
      continue;
    const distance = editDistance(written, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** How many characters to insert, remove or replace, at the least. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a.charAt(i) === b.charAt(j) ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
