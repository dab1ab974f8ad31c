import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LoadContext } from '../../../conf/load.ts';
import { systemUsers } from '../../conf/system-users.ts';
import { dialectCases } from './cases/dialect.ts';
import { environmentCases } from './cases/environment.ts';
import { expansionCases } from './cases/expansion.ts';
import { groupCases } from './cases/groups.ts';
import { includeCases } from './cases/includes.ts';
import { scheduleCases } from './cases/schedules.ts';
import { sectionCases } from './cases/sections.ts';
import { seedCases } from './cases/seeds.ts';
import { valueCases } from './cases/values.ts';
import type { ConfigCase } from './config-case.ts';
import { ourAnswer } from './our-config.ts';

const cases: readonly ConfigCase[] = [
  ...dialectCases,
  ...expansionCases,
  ...environmentCases,
  ...valueCases,
  ...sectionCases,
  ...groupCases,
  ...includeCases,
  ...scheduleCases,
  ...seedCases,
];

const python = '/usr/bin/python3';
const script = join(import.meta.dirname, 'real-config.py');
const environ = {
  PATH: '/usr/bin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TMPDIR: '/tmp',
  WORD: 'word',
  PERCENT: '100%',
  QUOTED: '"x,y"',
  NUMBER: '3',
  EMPTY: '',
};

function hasSupervisor(): boolean {
  if (!existsSync(python)) return false;
  try {
    execFileSync(python, ['-c', 'import supervisor.options'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

if (hasSupervisor()) {
  describe('a configuration file', compareAll);
} else if (process.env['CI'] === undefined) {
  it.skip('agrees with supervisord (skipped: supervisor is not installed for /usr/bin/python3)', () => {});
} else {
  it('agrees with supervisord', () => {
    throw new Error('supervisor is not installed for /usr/bin/python3, so nothing can be compared');
  });
}

function compareAll(): void {
  let root = '';
  let answers: readonly { readonly type: string; readonly text?: string }[] = [];

  const directoryOf = (index: number) => join(root, `case-${index}`);

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'config-differential-'));
    for (const [index, { config, files = {} }] of cases.entries()) {
      const directory = directoryOf(index);
      mkdirSync(directory);
      const place = (text: string) => text.replaceAll('{dir}', directory);
      writeFileSync(join(directory, 'supervisord.conf'), typeof config === 'string' ? place(config) : config);
      for (const [path, text] of Object.entries(files)) {
        const target = join(directory, path);
        mkdirSync(path.endsWith('/') ? target : dirname(target), { recursive: true });
        if (!path.endsWith('/')) writeFileSync(target, place(text));
      }
    }
    const requests = cases.map((_, index) => ({
      file: join(directoryOf(index), 'supervisord.conf'),
      cwd: directoryOf(index),
      environ,
    }));
    const output = execFileSync(python, [script], {
      input: JSON.stringify(requests),
      env: environ,
      maxBuffer: 1 << 28,
    });
    answers = JSON.parse(output.toString());
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const contextOf = (index: number): LoadContext => ({
    env: new Map(Object.entries(environ)),
    cwd: directoryOf(index),
    uid: process.getuid?.() ?? 0,
    users: systemUsers(),
    hostname: hostname(),
    tempDirectory: '/tmp',
  });

  for (const [index, { name, differs }] of cases.entries()) {
    const title =
      differs === undefined ? `agrees with supervisord: ${name}` : `differs: ${name} (${differs.why})`;
    it(title, () => {
      const ours = ourAnswer(join(directoryOf(index), 'supervisord.conf'), contextOf(index));
      const real = answers[index];
      expect(real).not.toMatchObject({ type: 'crashed' });
      if (differs === undefined) {
        expect(ours).toEqual(real);
      } else {
        expect(ours).not.toEqual(real);
        if (differs.ours === 'ok') expect(ours).toMatchObject({ type: 'ok' });
        else expect(ours).toMatchObject({ type: 'invalid', text: expect.stringContaining(differs.ours) });
      }
    });
  }

  it('compares at least a hundred configurations, each named once', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThanOrEqual(100);
  });
}
