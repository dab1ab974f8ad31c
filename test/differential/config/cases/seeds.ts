import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigCase } from '../config-case.ts';

const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../../fixtures/config', name), 'utf8');

const main = '[supervisord]\n[include]\nfiles=fixture.ini\n';

/** Files as people published them: comments behind values, in Chinese, with typographic quotes. */
export const seedCases: readonly ConfigCase[] = [
  ...['deploy-linux.ini', 'capital-balance.ini', 'inet-http-server.conf'].map((name) => ({
    name: `the published ${name}, included`,
    config: main,
    files: { 'fixture.ini': fixture(name) },
  })),
  ...['explained-sections.conf', 'explained-supervisord.conf'].map((name) => ({
    name: `the published ${name}`,
    config: fixture(name),
  })),
  {
    name: 'the published explained-supervisord.conf, in directories that exist',
    config: fixture('explained-supervisord.conf')
      .replace('/usr/local/var/log', '{dir}')
      .replace('/usr/local/supervisor-3.3.4', '{dir}'),
  },
  {
    name: 'the published capital-balance.ini, repaired',
    config: main,
    files: {
      'fixture.ini': fixture('capital-balance.ini')
        .replace(/(=.*[^\s;]);\S.*$/gm, '$1')
        .replaceAll('/Library/WebServer/Documents/capital/backend/runtime/logs/supervisor', '{dir}')
        .replace('user = user', 'user = root'),
    },
  },
];
