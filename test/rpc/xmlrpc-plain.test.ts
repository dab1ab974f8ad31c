import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeResponse, type Encodable, encodeFault, encodeResponse } from '../../rpc/xmlrpc.ts';
import { decodePlainResponse } from '../../rpc/xmlrpc-plain.ts';

/** What the parser makes of it; `undefined` where it refuses. */
function parsed(xml: string): ReturnType<typeof decodeResponse> | undefined {
  try {
    return decodeResponse(xml);
  } catch {
    return undefined;
  }
}

const text = fc.string({
  unit: fc.constantFrom('a', 'é', '😀', '&', '<', '>', ']', '\r', '\n', '\t', '\x1b', ' '),
});
const { value: anyValue } = fc.letrec<{ value: Encodable }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}));

describe('an answer as supervisord lays it out', () => {
  it('is read as the parser reads it', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const xml = encodeResponse(value);
        expect(decodePlainResponse(xml)).toEqual(decodeResponse(xml));
      }),
    );
  });

  it('is read as a fault where it is one', () => {
    expect(decodePlainResponse(encodeFault(10, 'BAD_NAME: a&b'))).toEqual({
      type: 'fault',
      code: 10,
      text: 'BAD_NAME: a&b',
    });
  });
});

describe('any other answer', () => {
  it('is left to the parser, or read as the parser would', () => {
    const pieces = fc.constantFrom(
      '<value>',
      '</value>\n',
      '<string>',
      '</string>',
      '<int>',
      '</int>',
      '&amp;',
      '&#65;',
      '&x;',
      ']]>',
      '<!-- -->',
      '<![CDATA[a]]>',
      '<nil/>',
      '0',
      '-0',
      '1e3',
      ' 7',
      '\0',
      '\ud800',
      '\n',
      ' ',
      'a',
    );
    const damage = fc.record({ at: fc.nat(), removed: fc.nat(12), put: fc.array(pieces, { maxLength: 3 }) });
    fc.assert(
      fc.property(anyValue, damage, (value, { at, removed, put }) => {
        const whole = encodeResponse(value);
        const start = at % whole.length;
        const xml = whole.slice(0, start) + put.join('') + whole.slice(start + removed);
        const plain = decodePlainResponse(xml);
        if (plain !== undefined) expect(plain).toEqual(parsed(xml));
      }),
      { numRuns: 2000 },
    );
  });

  const others = [
    [
      'without a declaration',
      '<methodResponse><params><param><value>x</value></param></params></methodResponse>',
    ],
    ['with something behind it', `${encodeResponse('x')} `],
    ['with a null', encodeResponse(null)],
    ['with a fraction', encodeResponse(0.5)],
    ['nested deeply', encodeResponse(Array.from({ length: 60 }).reduce<Encodable>((inner) => [inner], 'x'))],
    ['with a fault that is none', encodeResponse('x').replace('<params>\n<param>', '<fault>')],
    ['that is empty', ''],
    ...[' 7', '+7', '-0', '1e3', '0x10', '', '9007199254740993'].map(
      (digits) => [`with the integer "${digits}"`, encodeResponse(7).replace('7', digits)] as const,
    ),
    ['with half a character', encodeResponse('x').replace('x', '\ud800')],
  ] as const;
  for (const [what, xml] of others) {
    it(`is left to the parser ${what}`, () => expect(decodePlainResponse(xml)).toBeUndefined());
  }
});
