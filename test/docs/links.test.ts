import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { anchorsOf, linksOf, pages, readPage } from './pages.ts';

/** What is wrong with a link; `undefined`: it leads somewhere. */
function flawOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(target)) return `${link}: no such file`;
  if (anchor === undefined || anchorsOf(readPage(target)).has(anchor)) return undefined;
  return `${link}: no such heading`;
}

describe('the documentation', () => {
  for (const page of pages) {
    it(`has no dead link in ${page}`, () => {
      const links = linksOf(readPage(page)).filter((link) => !/^\w+:/.test(link));
      expect(links.map((link) => flawOf(page, link)).filter((flaw) => flaw !== undefined)).toEqual([]);
    });
  }

  it('can be reached from the README, page by page', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const link of linksOf(readPage(page))) {
        const target = normalize(join(dirname(page), link.split('#')[0] ?? ''));
        if (pages.includes(target)) reached.add(target);
        // A link to a folder shows what is in it.
        for (const inside of pages)
          if (target.endsWith('/') && inside.startsWith(target)) reached.add(inside);
      }
    }
    expect(pages.filter((page) => !reached.has(page) && page !== 'CHANGELOG.md')).toEqual([]);
  });

  it('has the pages that pages and sources name', () => {
    const sources = ['bin', 'conf', 'ctl', 'daemon', 'rpc', 'supervisord.d', 'test'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name)),
    );
    const missing = [...pages, ...sources].flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(?<![\w.-])(?:\.\.\/)*(docs\/[\w./-]*\.md)/g)]
        .map(([, path = '']) => path)
        .filter((path) => !existsSync(path))
        .map((path) => `${file}: ${path}`),
    );
    expect(missing).toEqual([]);
  });
});
