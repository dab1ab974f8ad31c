import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { html } from '../../../../daemon/http/page/html.ts';

describe('a template', () => {
  const cases: readonly [string, string, string][] = [
    ['markup', '<b>&"\'', '&lt;b&gt;&amp;&quot;&#39;'],
    ['what is escaped already, as text', '&lt;', '&amp;lt;'],
    ['tabs and newlines', 'a\tb\n', 'a\tb\n'],
    ['other control characters, visibly', '\0\x1b[1m\r\x7f', '\u2400\u241b[1m\u240d\u2421'],
    ['those of the second set', '\x9b31m', '\ufffd31m'],
    ['what turns the direction of text', 'a\u202eb\u2066', 'a\ufffdb\ufffd'],
    ['half of a surrogate pair', '\ud800x', '\ufffdx'],
    ['other languages as they are', 'grün 日本 🎉', 'grün 日本 🎉'],
  ];
  for (const [what, text, source] of cases) {
    it(`holds ${what}`, () => expect(html`${text}`.source).toBe(source));
  }

  it('holds templates, lists of them, numbers and nothing', () => {
    const items = ['a', '<'].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}</ul>${undefined}${7}`.source).toBe('<ul><li>a</li><li>&lt;</li></ul>7');
  });

  it('loses nothing of a text that has only characters to be seen', () => {
    const decode = (source: string): string =>
      source
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(decode(html`${text}`.source)).toBe(text);
      }),
    );
  });
});
