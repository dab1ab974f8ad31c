import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { eventTypes } from '../../conf/event-types.ts';
import { sectionKinds } from '../../conf/keys/sections.ts';
import { keyTable, sectionName } from './docs-tables.ts';

const folder = join(import.meta.dirname, '../../docs/configuration');
const pageOf = (name: string): string => readFileSync(join(folder, `${name}.md`), 'utf8');

describe('docs/configuration', () => {
  const index = pageOf('README');

  for (const kind of sectionKinds) {
    it(`has a page about ${sectionName(kind)} with every key, type, default and meaning, and an example`, () => {
      const page = pageOf(kind.name);
      expect(page).toMatch(new RegExp(`^# \`${RegExp.escape(sectionName(kind))}\`\n`));
      expect(page).toContain(kind.doc);
      expect(page).toContain(keyTable(kind));
      expect(page).toContain(`\`\`\`ini\n[${kind.name}${kind.match === 'named' ? ':' : ']'}`);
      expect(index).toContain(`| [\`${sectionName(kind)}\`](${kind.name}.md) |`);
    });
  }

  it('has no page about a section that does not exist', () => {
    const names = sectionKinds.map(({ name }) => name);
    expect(readdirSync(folder).sort()).toEqual(['README', ...names].map((name) => `${name}.md`).sort());
  });

  it('explains every type that a table names', () => {
    const [, types = ''] = /\n## Types\n(.*?)\n## /s.exec(index) ?? [];
    for (const { keys } of sectionKinds)
      for (const { read } of Object.values(keys)) expect(types).toContain(`| ${read.type} |`);
  });

  it('lists the types of events', () => {
    for (const type of eventTypes) expect(pageOf('eventlistener')).toContain(`\`${type}\``);
  });
});
