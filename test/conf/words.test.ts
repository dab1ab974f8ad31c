import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseEnvironment } from '../../conf/environment-syntax.ts';
import { splitShellWords } from '../../conf/shell-words.ts';

describe('a command', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    [' a  b\tc\nd\r\n', ['a', 'b', 'c', 'd']],
    [`sh -c 'a "b" \\n'`, ['sh', '-c', 'a "b" \\n']],
    ['"a \\"b\\" \\\\ \\n"', ['a "b" \\ \\n']],
    ['a\\ b \\" \\\'', ['a b', '"', "'"]],
    [`a"b c"'d'`, ['ab cd']],
    [`"" ''`, ['', '']],
    ['a #b', ['a', '#b']],
    ['中\u00a0文 é', ['中\u00a0文', 'é']],
    ['/bin/bash -c ‘./yii 执行的命令’', ['/bin/bash', '-c', '‘./yii', '执行的命令’']],
  ];
  for (const [command, words] of cases) {
    it(`${JSON.stringify(command)} is ${JSON.stringify(words)}`, () => {
      expect(splitShellWords(command)).toEqual({ type: 'ok', words });
    });
  }

  it('must close its quotes and escape something', () => {
    for (const command of ['"a', "'a", 'a"']) {
      expect(splitShellWords(command)).toEqual({ type: 'invalid', reason: 'No closing quotation' });
    }
    for (const command of ['a\\', '"a\\']) {
      expect(splitShellWords(command)).toEqual({ type: 'invalid', reason: 'No escaped character' });
    }
  });

  it('splits into the words that it was quoted from', () => {
    const quote = (word: string) => `'${word.replaceAll("'", `'"'"'`)}'`;
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (words) => {
        expect(splitShellWords(words.map(quote).join(' '))).toEqual({ type: 'ok', words });
      }),
    );
  });
});

describe('an environment', () => {
  const cases: readonly (readonly [string, { readonly [name: string]: string }])[] = [
    ['', {}],
    ['A=1,B=2', { A: '1', B: '2' }],
    ['A="1",B="2"', { A: '1', B: '2' }],
    [' A = 1 , B = 2 ', { A: '1', B: '2' }],
    ['A="x,y"', { A: 'x,y' }],
    ["A='x y'", { A: 'x y' }],
    ['A=""', { A: '' }],
    ['A="a\\"b"', { A: 'a"b' }],
    ['A="a\\nb"', { A: 'a\\nb' }],
    ['A=a\\,b', { A: 'a,b' }],
    ['A=/p/x+(1.2)-_:9', { A: '/p/x+(1.2)-_:9' }],
    ['A=a b', { A: 'a' }],
    ['A=~/x', { A: '~' }],
    ['A=$HOME', { A: '$' }],
    ['A=1;B=2', { A: '1', B: '2' }],
    ['A=a@B=c', { A: 'a', B: 'c' }],
    ['A=abc#def,B=2', { A: 'abc' }],
    ['A=1#c\n,B=2', { A: '1', B: '2' }],
    ['A-B=1,A.B=2,1=3', { 'A-B': '1', 'A.B': '2', 1: '3' }],
    ['A=1,', { A: '1' }],
    ['A=1,A=2', { A: '2' }],
    ['A="x\ny"', { A: 'x\ny' }],
    [`A=a"b c"'d'`, { A: 'ab cd' }],
  ];
  for (const [text, variables] of cases) {
    it(`${JSON.stringify(text)} is ${JSON.stringify(variables)}`, () => {
      expect(Object.fromEntries(parseEnvironment(text))).toEqual(variables);
    });
  }

  for (const text of ['A=a@b', 'A=a;b', 'A=x=y', 'A={"a":1}', 'A=1 B=2', 'A=1,,B=2', ',A=1', 'A=', 'A']) {
    it(`${JSON.stringify(text)} has no pairs`, () => {
      expect(() => parseEnvironment(text)).toThrow(`Unexpected end of key/value pairs in value '${text}'`);
    });
  }

  it('must close its quotes and escape something', () => {
    expect(() => parseEnvironment('A="x')).toThrow('No closing quotation');
    expect(() => parseEnvironment('A=x\\')).toThrow('No escaped character');
  });

  it('keeps names that objects have', () => {
    expect([...parseEnvironment('__proto__=1,constructor=2')]).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });

  it('reads any value back that is in double quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const quoted = `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
        expect(parseEnvironment(`A=${quoted}`).get('A')).toBe(value);
      }),
    );
  });
});
