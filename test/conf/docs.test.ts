import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { eventTypes } from '../../conf/event-types.ts';
import { sectionKinds } from '../../conf/keys/sections.ts';
import { keyTable, sectionHeading } from './docs-tables.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');

/** Text from a heading to the next of its level. */
function chapter(heading: string): string {
  const start = page.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`no heading ${heading}`);
  const end = page.indexOf('\n## ', start + 1);
  return page.slice(start, end < 0 ? page.length : end);
}

describe('docs/configuration.md', () => {
  for (const kind of sectionKinds) {
    it(`documents ${sectionHeading(kind).slice(3)} with every key, type, default and meaning`, () => {
      const text = chapter(sectionHeading(kind));
      expect(text).toContain(kind.doc);
      expect(text).toContain(keyTable(kind));
    });
  }

  it('has no chapter about a section that does not exist', () => {
    const headings = [...page.matchAll(/^## `\[.*$/gm)].map(([heading]) => heading);
    expect(headings).toEqual(sectionKinds.map(sectionHeading));
  });

  it('explains every type that a table names', () => {
    const types = new Set(
      sectionKinds.flatMap(({ keys }) => Object.values(keys).map(({ read }) => read.type)),
    );
    for (const type of types) expect(chapter('## Types')).toContain(`| ${type} |`);
  });

  it('lists the types of events', () => {
    for (const type of eventTypes) expect(chapter('## `[eventlistener:x]`')).toContain(`\`${type}\``);
  });
});
