import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  Double,
  decodeCall,
  decodeResponse,
  type Encodable,
  encodeCall,
  encodeFault,
  encodeResponse,
  encodeValue,
  XmlRpcError,
  type XmlRpcValue,
} from '../../rpc/xmlrpc.ts';

function call(valueXml: string): XmlRpcValue | undefined {
  const xml = `<methodCall><methodName>m</methodName><params><param>${valueXml}</param></params></methodCall>`;
  return decodeCall(xml).params[0];
}

describe('encoding', () => {
  it('answers in the bytes supervisord answers in', () => {
    expect(encodeResponse(true)).toBe(
      "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><boolean>1</boolean></value>\n</param>\n</params>\n</methodResponse>\n",
    );
    expect(encodeFault(10, 'BAD_NAME: x')).toBe(
      "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n<value><int>10</int></value>\n</member>\n<member>\n<name>faultString</name>\n<value><string>BAD_NAME: x</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n",
    );
  });

  const values: readonly [string, Encodable, string][] = [
    ['an int', 5, '<int>5</int>'],
    ['a negative int', -5, '<int>-5</int>'],
    ['minus zero as zero', -0, '<int>0</int>'],
    ['the largest int', 2147483647, '<int>2147483647</int>'],
    ['a larger one capped', 2147483648, '<int>2147483647</int>'],
    ['a smaller one capped', -2147483649, '<int>-2147483648</int>'],
    ['infinity capped', Number.POSITIVE_INFINITY, '<int>2147483647</int>'],
    ['a fraction', 0.5, '<double>0.5</double>'],
    ['a whole double', new Double(3), '<double>3</double>'],
    ['false', false, '<boolean>0</boolean>'],
    ['null', null, '<nil/>'],
    ['markup', 'a&b<c>"\'', '<string>a&amp;b&lt;c&gt;"\'</string>'],
    [
      'an array',
      [1, 'a'],
      '<array><data>\n<value><int>1</int></value>\n<value><string>a</string></value>\n</data></array>',
    ],
    ['an empty array', [], '<array><data>\n</data></array>'],
    [
      'a struct',
      { a: 1 },
      '<struct>\n<member>\n<name>a</name>\n<value><int>1</int></value>\n</member>\n</struct>',
    ],
    [
      'a map',
      new Map([['<', 1]]),
      '<struct>\n<member>\n<name>&lt;</name>\n<value><int>1</int></value>\n</member>\n</struct>',
    ],
    ['an escape character replaced', '\x1b[31m', '<string>\ufffd[31m</string>'],
    ['newline and tab as they are', 'a\n\tb', '<string>a\n\tb</string>'],
    ['a carriage return as a reference', 'a\r\n', '<string>a&#13;\n</string>'],
    ['a lone surrogate replaced', 'a\ud800', '<string>a\ufffd</string>'],
    ['a surrogate pair as it is', '\u{1f600}', '<string>\u{1f600}</string>'],
    ['what is no character replaced', '\uffff\0', '<string>\ufffd\ufffd</string>'],
  ];
  for (const [name, value, xml] of values) {
    it(`sends ${name}`, () => expect(encodeValue(value)).toBe(`<value>${xml}</value>\n`));
  }

  it('refuses NaN, which has no form', () => {
    expect(() => encodeValue(Number.NaN)).toThrow(TypeError);
    expect(() => encodeValue(new Double(Number.POSITIVE_INFINITY))).toThrow(TypeError);
  });
});

describe('decoding values', () => {
  const cases: readonly [string, string, XmlRpcValue][] = [
    ['int', '<value><int>5</int></value>', 5],
    ['i4', '<value><i4>-5</i4></value>', -5],
    ['i8', '<value><i8>8589934592</i8></value>', 8589934592],
    ['an int with a sign and blanks', '<value><int> +7 </int></value>', 7],
    ['true', '<value><boolean>1</boolean></value>', true],
    ['false', '<value><boolean>0</boolean></value>', false],
    ['only 1 as true', '<value><boolean>true</boolean></value>', false],
    ['a string', '<value><string> x </string></value>', ' x '],
    ['an empty string', '<value><string/></value>', ''],
    ['text without a type', '<value>x</value>', 'x'],
    ['nothing without a type', '<value/>', ''],
    ['a CDATA section', '<value><string>a<![CDATA[<b>]]>c</string></value>', 'a<b>c'],
    ['references', '<value>&lt;&amp;&#13;&#x41;</value>', '<&\rA'],
    ['a type amid white space', '<value>\n  <int>5</int>\n</value>', 5],
    ['a double', '<value><double>-1.5e3</double></value>', -1500],
    [
      'a date and time',
      '<value><dateTime.iso8601>20251121T10:00:00</dateTime.iso8601></value>',
      '20251121T10:00:00',
    ],
    ['base64 as text', '<value><base64>aGVsbG8g\nw7w=</base64></value>', 'hello ü'],
    ['text up to an element that does not belong there', '<value><string>a<b/>c</string></value>', 'a'],
    ['nil', '<value><nil/></value>', null],
    ['an unknown type as text', '<value><i2>5</i2></value>', '5'],
    ['an empty array', '<value><array><data/></array></value>', []],
    [
      'an array in an array',
      '<value><array><data><value><array><data><value>x</value></data></array></value></data></array></value>',
      [['x']],
    ],
    [
      'a struct',
      '<value><struct><member><name>a</name><value><int>1</int></value></member></struct></value>',
      new Map([['a', 1]]),
    ],
    [
      'a struct whose members have dangerous names',
      '<value><struct><member><name>__proto__</name><value>x</value></member></struct></value>',
      new Map([['__proto__', 'x']]),
    ],
  ];
  for (const [name, xml, value] of cases) {
    it(`reads ${name}`, () => expect(call(xml)).toEqual(value));
  }

  const bad: readonly [string, string][] = [
    ['an int that is none', '<value><int>x</int></value>'],
    ['an int without digits', '<value><int/></value>'],
    ['a fraction as int', '<value><int>1.5</int></value>'],
    ['a double that is none', '<value><double>.</double></value>'],
    ['an infinite double', '<value><double>1e999</double></value>'],
    ['base64 that is none', '<value><base64>!</base64></value>'],
    ['a date that is none', '<value><dateTime.iso8601>today</dateTime.iso8601></value>'],
    ['a member without a name', '<value><struct><member><value>x</value></member></struct></value>'],
    ['a parameter without a value', '<int>5</int>'],
    ['a control character', '<value>\x1b</value>'],
    ['an unknown entity', '<value>&foo;</value>'],
    ['elements that cross', '<value><int>5</value></int>'],
  ];
  for (const [name, xml] of bad) {
    it(`refuses ${name}`, () => expect(() => call(xml)).toThrow(XmlRpcError));
  }
});

describe('decoding messages', () => {
  it('takes a call without params', () => {
    expect(decodeCall('<methodCall><methodName> a.b </methodName></methodCall>')).toEqual({
      methodName: 'a.b',
      params: [],
    });
  });

  it('tells a call without a name', () => {
    expect(decodeCall('<methodCall><methodName/></methodCall>').methodName).toBeUndefined();
    expect(decodeCall('<methodCall/>').methodName).toBeUndefined();
  });

  it('refuses a document type, and so entities of its own', () => {
    const xml = '<!DOCTYPE a [<!ENTITY x "y">]><methodCall><methodName>&x;</methodName></methodCall>';
    expect(() => decodeCall(xml)).toThrow('A document type is not accepted');
  });

  it('refuses other documents, two documents and none', () => {
    for (const xml of ['<methodResponse/>', '<methodCall/><methodCall/>', '', 'text', '\0']) {
      expect(() => decodeCall(xml)).toThrow(XmlRpcError);
    }
  });

  it('refuses elements too deep inside one another, at once and without recursion', () => {
    const nested = '<value><array><data>'.repeat(200_000);
    expect(() => call(nested)).toThrow('More than 256 elements inside one another');
  });

  it('refuses a call of more elements than anybody needs, and none for its length', () => {
    const params = (count: number): string =>
      `<methodCall><methodName>m</methodName><params>${'<param><value/></param>'.repeat(count)}</params></methodCall>`;
    expect(decodeCall(params(100_000)).params).toHaveLength(100_000);
    expect(() => decodeCall(params(125_000))).toThrow('More than 250000 elements');
    const answer = encodeResponse(Array.from({ length: 300_000 }, () => 1));
    expect(decodeResponse(answer)).toMatchObject({ type: 'result' });
  });

  it('expands no entities but those of XML', () => {
    expect(call('<value>&lt;&gt;&amp;&quot;&apos;&#65;</value>')).toBe(`<>&"'A`);
    for (const entity of ['nbsp', 'x', '__proto__', 'constructor', 'toString']) {
      expect(() => call(`<value>&${entity};</value>`)).toThrow(XmlRpcError);
    }
  });

  it('reads results and faults', () => {
    expect(decodeResponse(encodeResponse({ a: [1] }))).toEqual({
      type: 'result',
      value: new Map([['a', [1]]]),
    });
    expect(decodeResponse(encodeFault(70, 'NOT_RUNNING: x'))).toEqual({
      type: 'fault',
      code: 70,
      text: 'NOT_RUNNING: x',
    });
  });

  it('refuses an answer without a result', () => {
    for (const xml of [
      '<methodResponse/>',
      '<methodResponse><params/></methodResponse>',
      '<methodResponse><fault><value>x</value></fault></methodResponse>',
    ]) {
      expect(() => decodeResponse(xml)).toThrow(XmlRpcError);
    }
  });

  it('takes time in proportion to the document', () => {
    const time = (repeat: number): number => {
      const xml = encodeResponse(Array.from({ length: repeat }, () => ({ a: 'x & y', b: [1, true] })));
      const before = process.cpuUsage();
      decodeResponse(xml);
      return process.cpuUsage(before).user / 1000;
    };
    time(5_000);
    // Sixteen times the work; 128 leaves room for what else the runtime does, and quadratic time would be 256.
    expect(time(32_000)).toBeLessThan(128 * Math.max(time(2_000), 1));
  });
});

describe('encoding and decoding', () => {
  const text = fc
    .string({ unit: 'binary' })
    .filter((value) => !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(value));
  const value = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Number.isInteger(number)),
      fc.array(tie('value')),
      fc.array(fc.tuple(text, tie('value'))).map((members) => new Map(members)),
    ),
  })).value;

  it('gives back any value', () => {
    fc.assert(
      fc.property(value, (any) => {
        expect(decodeResponse(encodeResponse(any))).toEqual({ type: 'result', value: any });
        expect(decodeCall(encodeCall('a.b', [any, any]))).toEqual({ methodName: 'a.b', params: [any, any] });
      }),
    );
  });

  it('sends any text as well-formed XML', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
        decodeResponse(encodeResponse(String.fromCharCode(...units)));
      }),
    );
  });

  it('refuses random text with an error of its own, whatever it is', () => {
    const pieces = fc.constantFrom(
      '<methodCall>',
      '<value>',
      '</value>',
      '<int>',
      '<',
      '&',
      ']]>',
      '<!--',
      '\0',
      'x',
      '<a b="',
      '<?xml',
      '<![CDATA[',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(pieces).map((all) => all.join('')),
        ),
        (xml) => {
          try {
            decodeCall(xml);
          } catch (error) {
            expect(error).toBeInstanceOf(XmlRpcError);
          }
        },
      ),
    );
  });
});
