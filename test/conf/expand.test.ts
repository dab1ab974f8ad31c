import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { expand, type Scope } from '../../conf/expand.ts';

const scope: Scope = {
  names: new Map<string, string | number>([
    ['process_num', 3],
    ['program_name', 'héllo'],
    ['big', 123_456_789],
    ['negative', -3],
  ]),
  environment: new Map([
    ['X', 'x'],
    ['PERCENT', '%(here)s'],
    ['PAIR', '😀😀'],
  ]),
};
const expanded = (value: string) => expand({ value, here: '/etc' }, { label: 'program:p.command' }, scope);

describe('a template', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['plain', 'plain'],
    ['100%%', '100%'],
    ['%%(here)s', '%(here)s'],
    ['%(here)s/x', '/etc/x'],
    ['%(ENV_X)s', 'x'],
    ['%(ENV_PERCENT)s', '%(here)s'],
    ['%(process_num)02d', '03'],
    ['%(process_num)s', '3'],
    ['%(process_num)002d', '03'],
    ['%(process_num)+d', '+3'],
    ['%(process_num)-3d|', '3  |'],
    ['%(process_num) 04d', ' 003'],
    ['%(negative)04d', '-003'],
    ['%(process_num).3d', '003'],
    ['%(process_num)x%(process_num)#X%(process_num)#o', '30X30o3'],
    ['%(process_num)f', '3.000000'],
    ['%(process_num).0e', '3e+00'],
    ['%(process_num)#.0e', '3.e+00'],
    ['%(big)g %(big)G %(big).3e %(big)#.3g', '1.23457e+08 1.23457E+08 1.235e+08 1.23e+08'],
    ['%(big).12g', '123456789'],
    ['%(process_num)c|', '\u0003|'],
    ['%(ENV_X)5s|%(ENV_X)-5s|%(ENV_X)05s|', '    x|x    |    x|'],
    ['%(program_name).2s', 'hé'],
    ['%(ENV_PAIR)3s%(ENV_PAIR).1s', ' 😀😀😀'],
    ['%(program_name)r%(program_name)a', "'héllo''h\\xe9llo'"],
    ['%(process_num)ld', '3'],
  ];
  for (const [template, result] of cases) {
    it(`${template} gives ${JSON.stringify(result)}`, () => expect(expanded(template)).toBe(result));
  }
});

describe('a template that is wrong', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['%', 'incomplete format'],
    ['date +%Y', "unsupported format character 'Y' (0x59) at index 7"],
    ['😀%Y', "unsupported format character 'Y' (0x59) at index 2"],
    ['%(here', 'incomplete format key'],
    ['%(here)', 'incomplete format'],
    ['%(here)d', '%d format: a real number is required, not str'],
    ['%(here)x', '%x format: an integer is required, not str'],
    ['%(here)f', 'must be real number, not str'],
    ['%(here)c', '%c requires int or char'],
    ['%d', '%d format: a real number is required, not dict'],
    ['%s', 'not enough arguments for format string'],
    ['%(here)s %d', 'not enough arguments for format string'],
    ['%(here)*s', '* wants int'],
    ['%(here)999999999s', 'width too big'],
    ['%(here).999999999s', 'precision too big'],
  ];
  for (const [template, reason] of cases) {
    it(`${template} is badly formatted: ${reason}`, () => {
      expect(() => expanded(template)).toThrow(
        new RegExp(
          `^Format string '.*' for 'program:p.command' is badly formatted: ${escapeRegExp(reason)}$`,
          's',
        ),
      );
    });
  }

  it('names what is unknown and all that is known, in order', () => {
    expect(() => expanded("%(it's)s")).toThrow(
      `Format string "%(it's)s" for 'program:p.command' contains names ("it's") which cannot be expanded. ` +
        'Available names: ENV_PAIR, ENV_PERCENT, ENV_X, big, here, negative, process_num, program_name',
    );
  });

  it('does not find what objects inherit', () => {
    expect(() => expanded('%(__proto__)s')).toThrow('cannot be expanded');
    expect(() => expanded('%(ENV_constructor)s')).toThrow('cannot be expanded');
  });
});

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

it('any text without a name survives when its percent signs are doubled', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(expanded(text.replaceAll('%', '%%'))).toBe(text);
    }),
  );
});

it('no template brings anything but a result or a message', () => {
  const piece = fc.constantFrom(
    '%',
    '(',
    ')',
    'here',
    'process_num',
    '*',
    '.',
    '-',
    '0',
    '9',
    's',
    'd',
    'x',
    'g',
    'c',
    '%(here)s',
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      try {
        expect(typeof expanded(pieces.join(''))).toBe('string');
      } catch (error) {
        expect(error).toMatchObject({ name: 'InvalidValue' });
      }
    }),
    { numRuns: 1000 },
  );
});
