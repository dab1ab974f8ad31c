import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { documentedFaults } from './fault.ts';

const here = 'test/faults';

describe('docs/faults.md', () => {
  it('tells only of faults that a test brings about, and quotes something in each', () => {
    const tested = readdirSync(here)
      .filter((file) => file.endsWith('.test.ts'))
      .flatMap((file) => [...readFileSync(join(here, file), 'utf8').matchAll(/\bfault\(\s*(['"])(.+?)\1,/g)])
      .map(([, , name]) => name);
    const documented = documentedFaults();
    expect(documented.map((row) => row.fault).sort()).toEqual([...new Set(tested)].sort());
    for (const { fault, messages } of documented) expect([fault, messages.length > 0]).toEqual([fault, true]);
  });
});

describe('test/faults/index.md', () => {
  it('names tests that are there', () => {
    const text = readFileSync(join(here, 'index.md'), 'utf8');
    const rows = [...text.matchAll(/`([^`]+\.ts)`: (.+?)(?=<br>| \|$)/gm)];
    expect(rows.length).toBeGreaterThan(80);
    const missing = rows.filter(([, file = '', name = '']) => {
      const path = join(here, file);
      return !existsSync(path) || !readFileSync(path, 'utf8').replaceAll("\\'", "'").includes(name);
    });
    expect(missing.map(([row]) => row)).toEqual([]);
  });
});
