/** The pages that users read, and what stands in them. */
import { readdirSync, readFileSync } from 'node:fs';

/** Paths of all pages, from the root of the repository. */
export const pages: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .sort(),
];

export function readPage(path: string): string {
  return readFileSync(path, 'utf8');
}

/** Blocks of code between fences. */
export interface Block {
  /** What the fence says: `ini`, `console`. */
  readonly language: string;
  readonly text: string;
}

const fenced = /^```(.*)\n([\s\S]*?)^```$/gm;

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(fenced)].map(([, language = '', code = '']) => ({ language, text: code }));
}

/** A page without its code, where brackets mean something else. */
function proseOf(text: string): string {
  return text
    .replaceAll(fenced, '')
    .replaceAll(/^ {4}.*$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
}

/** What links lead to, such as `security.md#files`. */
export function linksOf(text: string): string[] {
  return [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The anchors that GitHub gives the headings of a page. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.replaceAll(fenced, '').matchAll(/^#+ (.*)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-');
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n += 1) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}
