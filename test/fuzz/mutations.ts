/** Requests → bytes, with something wrong in most of them. */
import type { Request } from './corpus.ts';
import type { Random } from './random.ts';

/** What parsers, paths and lengths stumble over. */
const tokens = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  '%',
  '%00',
  '%0d%0a',
  '%2e%2e%2f',
  '../',
  '//',
  '?',
  '#',
  ':',
  ';',
  '"',
  "'",
  '&',
  '<',
  '>',
  '&amp;',
  '&#0;',
  '&#x110000;',
  '&a;',
  ']]>',
  '<![CDATA[',
  '<!--',
  '-->',
  '<?xml version="1.1"?>',
  '<!DOCTYPE a>',
  '<!ENTITY a "b">',
  '<value>',
  '</value>',
  '<array><data>',
  '<struct>',
  '<nil/>',
  '<base64>',
  '</methodCall>',
  '-1',
  '0',
  '2147483648',
  '1e309',
  '999999999999999999999',
  'Content-Length: 0\r\n',
  'Content-Length: 4294967297\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Expect: 100-continue\r\n',
  'Origin: null\r\n',
  '0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '\xff\xfe',
  '\xc0\xaf',
  '\xed\xa0\x80',
  '\xf0\x9f\x98\x80',
];

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const mutations: readonly Mutation[] = [
  (bytes, random) => replaced(bytes, random, 1, ([byte = 0]) => Buffer.of(byte ^ (1 << random.below(8)))),
  (bytes, random) => replaced(bytes, random, 1, () => random.bytes(1)),
  (bytes, random) => replaced(bytes, random, 0, () => Buffer.from(random.pick(tokens), 'latin1')),
  (bytes, random) => replaced(bytes, random, 4, () => Buffer.from(random.pick(tokens), 'latin1')),
  (bytes, random) => replaced(bytes, random, 0, () => random.bytes(1 + random.below(32))),
  (bytes, random) => replaced(bytes, random, random.below(64), () => Buffer.alloc(0)),
  (bytes, random) => replaced(bytes, random, random.below(64), (part) => Buffer.concat([part, part])),
  (bytes, random) => replaced(bytes, random, 1, ([byte = 0]) => Buffer.alloc(1 + random.below(5000), byte)),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => bytes.subarray(random.below(bytes.length + 1)),
];

/** Replaces as many bytes somewhere. */
function replaced(bytes: Buffer, random: Random, length: number, by: (part: Buffer) => Buffer): Buffer {
  const start = random.below(bytes.length + 1);
  const part = bytes.subarray(start, start + length);
  return Buffer.concat([bytes.subarray(0, start), by(part), bytes.subarray(start + length)]);
}

/** Renames, unwraps, removes or doubles all elements of a name: still XML, so those who read values get to see it. */
function withOtherElements(body: Buffer, random: Random): Buffer {
  const xml = body.toString('latin1');
  const names = [...xml.matchAll(/<([\w.]+)>/g)].map(([, name]) => name ?? '');
  if (names.length === 0) return body;
  const name = random.pick(names).replace('.', '\\.');
  const tags = new RegExp(`<(/?)${name}>`, 'g');
  const leaves = new RegExp(`<${name}>[^<]*</${name}>`, 'g');
  const changed = random.pick([
    xml.replace(tags, `<$1${random.pick([...names, 'nil', 'base64', 'double', 'i8', 'data'])}>`),
    xml.replace(tags, ''),
    xml.replace(leaves, ''),
    xml.replace(leaves, '$&$&'),
  ]);
  return Buffer.from(changed, 'latin1');
}

function mutated(bytes: Buffer, random: Random, times: number): Buffer {
  let result = bytes;
  for (let time = 0; time < times; time += 1) result = random.pick(mutations)(result, random);
  return result;
}

/**
 * The bytes of a request. The body is changed before its length is told, the whole after, each in some of the
 * cases only, so that mistakes get past the parser in front of them.
 *
 * @param authorization a further header; empty: none
 */
export function wrongBytes(request: Request, authorization: string, random: Random): Buffer {
  const line = random.oneIn(8) ? mutated(Buffer.from(request.line), random, 1) : Buffer.from(request.line);
  const { body } = request;
  const wrongBody = body === undefined ? undefined : changedBody(body, random);
  const headers = authorization === '' ? request.headers : [...request.headers, authorization];
  const [framing, payload] = framed(request.framing, wrongBody, random);
  const head = `HTTP/${request.version}\r\n${[...headers, ...framing].map((header) => `${header}\r\n`).join('')}\r\n`;
  const bytes = Buffer.concat([line, Buffer.from(` ${head}`, 'latin1'), payload]);
  return random.oneIn(3) ? mutated(bytes, random, 1 + random.below(3)) : bytes;
}

function changedBody(body: Buffer, random: Random): Buffer {
  switch (random.below(4)) {
    case 0:
      return mutated(body, random, 1 + random.below(3));
    case 1:
      return withOtherElements(body, random);
    default:
      return body;
  }
}

function framed(framing: Request['framing'], body: Buffer | undefined, random: Random): [string[], Buffer] {
  if (body === undefined) return [[], Buffer.alloc(0)];
  if (framing === 'length') {
    const wrongBy = random.oneIn(8) ? random.below(20) - 10 : 0;
    return [[`Content-Length: ${body.length + wrongBy}`], body];
  }
  const chunks: Buffer[] = [];
  for (let start = 0; start < body.length; ) {
    const chunk = body.subarray(start, start + 1 + random.below(body.length));
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
    start += chunk.length;
  }
  return [['Transfer-Encoding: chunked'], Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])];
}
