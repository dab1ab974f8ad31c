/**
 * Answers in the one layout in which supervisord and our daemon write them, read without an XML parser: a client that
 * starts, asks and ends spends more on loading a parser, and on running it cold, than on all the rest.
 *
 * Only what is sure to mean the same to the parser is read here. Everything else, right or wrong, is left to it.
 */
import type { MethodResponse, XmlRpcValue } from './xmlrpc-values.ts';

const declaration = "<?xml version='1.0'?>\n<methodResponse>\n";
const paramsStart = '<params>\n<param>\n';
const paramsEnd = '</param>\n</params>\n</methodResponse>\n';
const faultStart = '<fault>\n';
const faultEnd = '</fault>\n</methodResponse>\n';

/** What a parser refuses, or does not take as it stands. */
const notPlain = /[\x00-\x08\x0b-\x1f\ufffe\uffff]|\]\]>/;

/** Arrays and structs inside one another; the parser has its own limit, and a way to tell of it. */
const maxDepth = 50;

/** @returns `undefined` for an answer in any other layout */
export function decodePlainResponse(xml: string): MethodResponse | undefined {
  if (!xml.startsWith(declaration) || notPlain.test(xml) || !xml.isWellFormed()) return undefined;
  try {
    return read(xml);
  } catch (error) {
    if (error instanceof OtherLayout) return undefined;
    throw error;
  }
}

class OtherLayout extends Error {
  override readonly name = 'OtherLayout';
}

/**
 * Functions around two variables, since code that runs for the first time finds those sooner than fields.
 *
 * @throws {OtherLayout}
 */
function read(xml: string): MethodResponse {
  let position = declaration.length;
  let depth = 0;

  if (skips(paramsStart)) {
    const value = readValue();
    expectEnd(paramsEnd);
    return { type: 'result', value };
  }
  expect(faultStart);
  const fault = readValue();
  expectEnd(faultEnd);
  const code = fault instanceof Map ? fault.get('faultCode') : undefined;
  const text = fault instanceof Map ? fault.get('faultString') : undefined;
  if (typeof code !== 'number' || typeof text !== 'string') throw new OtherLayout();
  return { type: 'fault', code, text };

  /** One `<value>` element and a newline. */
  function readValue(): XmlRpcValue {
    // The most frequent first.
    if (skips('<value><string>')) {
      const text = readText();
      expect('</string></value>\n');
      return text;
    }
    if (skips('<value><int>')) return readInteger();
    if (skips('<value><struct>\n')) return readMembers();
    if (skips('<value><array><data>\n')) return readItems();
    if (skips('<value><boolean>1</boolean></value>\n')) return true;
    if (skips('<value><boolean>0</boolean></value>\n')) return false;
    throw new OtherLayout();
  }

  function readInteger(): number {
    const digits = readText();
    const number = Number(digits);
    if (String(number) !== digits || !Number.isSafeInteger(number)) throw new OtherLayout();
    expect('</int></value>\n');
    return number;
  }

  function readMembers(): XmlRpcValue {
    const members = new Map<string, XmlRpcValue>();
    goDeeper();
    while (skips('<member>\n<name>')) {
      const name = readText();
      expect('</name>\n');
      members.set(name, readValue());
      expect('</member>\n');
    }
    expect('</struct></value>\n');
    depth -= 1;
    return members;
  }

  function readItems(): XmlRpcValue {
    const items: XmlRpcValue[] = [];
    goDeeper();
    while (!skips('</data></array></value>\n')) items.push(readValue());
    depth -= 1;
    return items;
  }

  function goDeeper(): void {
    depth += 1;
    if (depth > maxDepth) throw new OtherLayout();
  }

  /** Up to the next tag. */
  function readText(): string {
    const end = xml.indexOf('<', position);
    if (end < 0) throw new OtherLayout();
    const text = xml.slice(position, end);
    position = end;
    return text.includes('&') ? withoutReferences(text) : text;
  }

  function skips(literal: string): boolean {
    if (!xml.startsWith(literal, position)) return false;
    position += literal.length;
    return true;
  }

  function expect(literal: string): void {
    if (!skips(literal)) throw new OtherLayout();
  }

  function expectEnd(literal: string): void {
    expect(literal);
    if (position !== xml.length) throw new OtherLayout();
  }
}

function withoutReferences(text: string): string {
  const [beginning = '', ...others] = text.split('&');
  return beginning + others.map(withoutReference).join('');
}

/** @param text what follows a `&` */
function withoutReference(text: string): string {
  for (const [name, character] of references) {
    if (text.startsWith(name)) return character + text.slice(name.length);
  }
  throw new OtherLayout();
}

const references: readonly (readonly [string, string])[] = [
  ['lt;', '<'],
  ['gt;', '>'],
  ['amp;', '&'],
  ['#13;', '\r'],
];
