import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../conf/load.ts';
import { loadSupervisorctlSettings } from '../../conf/supervisorctl.ts';
import { contextIn } from '../conf/support.ts';
import { usersOf } from '../conf/system-users.ts';
import { blocksOf, pages, readPage } from './pages.ts';

/** `ini` blocks that are no configuration of ours, by how they begin. */
const foreign = new Map([['[Service]', 'a unit of systemd']]);

/** The tests that run the `console` blocks of a page. */
const consoles = new Map([
  ['README.md', 'test/e2e/readme.test.ts'],
  ['docs/migration.md', 'test/e2e/migration.test.ts'],
]);

/** Commands in indented blocks, which no test runs as part of the page, and why. */
const indentedCommands = new Map([
  [
    'docs/security.md: supervisord --password-hash',
    'asks on a terminal; test/e2e/security.test.ts makes one',
  ],
  ['docs/supervisorctl.md: supervisorctl schedule', 'test/ctl/schedule/commands.test.ts has its lines'],
  [
    'docs/supervisorctl.md: supervisorctl schedule next hour=2 minute=30 --tz Europe/Berlin -n 2',
    'test/ctl/schedule/commands.test.ts has its lines; they depend on the day',
  ],
  ['docs/supervisorctl.md: supervisorctl status', 'test/differential/ctl compares its output'],
  ['docs/supervisorctl.md: supervisorctl upgrade', 'test/e2e/upgrade-versions.test.ts runs it'],
  ['docs/supervisorctl.md: supervisorctl hail web', 'test/e2e/ctl-plugins.test.ts runs it'],
]);

/** Users and groups that the examples name. */
const users = usersOf(
  'root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/home/web:/bin/sh\n',
  'root:x:0:\nadm:x:4:\nlog:x:5:\nweb:x:1001:\n',
);

/** A file that daemon and client load, with what it names around it. A warning is an error to it. */
class Installation implements Disposable {
  readonly #root = mkdtempSync(join(tmpdir(), 'docs-'));
  readonly #file = join(this.#root, 'supervisord.conf');

  constructor(example: string) {
    const text = example.replaceAll(/(?<![\w.*/])\/(?=(etc|run|srv|var)\/)/g, `${this.#root}/`);
    for (const [directory] of text.matchAll(new RegExp(`${this.#root}[\\w./-]*/`, 'g'))) {
      mkdirSync(directory, { recursive: true });
    }
    for (const [, file = ''] of text.matchAll(/^password_file *= *(.*)$/gm)) {
      writeFileSync(file, 'secret\n', { mode: 0o600 });
    }
    writeFileSync(this.#file, `[supervisord]\nstrict=true\n[supervisorctl]\n${text}`);
  }

  /** What is wrong with it. */
  flaws(): string[] {
    const context = { ...contextIn(this.#root), users };
    return [loadSettings(this.#file, context), loadSupervisorctlSettings(this.#file, context)].flatMap(
      (result) =>
        result.type === 'ok' ? [] : result.errors.map(({ message }) => message.replaceAll(this.#root, '')),
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

describe('the examples of the documentation', () => {
  for (const page of pages) {
    const blocks = blocksOf(readPage(page)).filter(({ language }) => language === 'ini');
    for (const [index, { text }] of blocks.entries()) {
      if (foreign.has(text.slice(0, text.indexOf('\n')))) continue;
      it(`load without a warning: ${page}, number ${index + 1}`, () => {
        using installation = new Installation(text);
        expect(installation.flaws()).toEqual([]);
      });
    }
  }

  it('have a fence that says so if they are configuration', () => {
    const unfenced = pages.filter((page) => /^ {4}\[[\w:]+\]$/m.test(readPage(page)));
    expect(unfenced).toEqual([]);
  });

  it('are run by a test if they show commands and what these print', () => {
    const shown = pages.filter((page) =>
      blocksOf(readPage(page)).some(({ language }) => language === 'console'),
    );
    expect(shown.sort()).toEqual([...consoles.keys()].sort());
    for (const [page, test] of consoles) expect(readFileSync(test, 'utf8')).toContain(page);
    const indented = pages.flatMap((page) =>
      [...readPage(page).matchAll(/^ {4}\$ (.*)$/gm)].map(([, command]) => `${page}: ${command}`),
    );
    expect(indented.sort()).toEqual([...indentedCommands.keys()].sort());
  });
});
