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
    return new PlainReader(xml, declaration.length).response();
  } catch (error) {
    if (error instanceof OtherLayout) return undefined;
    throw error;
  }
}

class OtherLayout extends Error {
  override readonly name = 'OtherLayout';
}

class PlainReader {
  readonly #xml: string;
  #position: number;
  #depth = 0;

  constructor(xml: string, position: number) {
    this.#xml = xml;
    this.#position = position;
  }

  response(): MethodResponse {
    if (this.#skips(paramsStart)) {
      const value = this.#value();
      this.#expectEnd(paramsEnd);
      return { type: 'result', value };
    }
    this.#expect(faultStart);
    const fault = this.#value();
    this.#expectEnd(faultEnd);
    const code = fault instanceof Map ? fault.get('faultCode') : undefined;
    const text = fault instanceof Map ? fault.get('faultString') : undefined;
    if (typeof code !== 'number' || typeof text !== 'string') throw new OtherLayout();
    return { type: 'fault', code, text };
  }

  /** One `<value>` element and a newline. */
  #value(): XmlRpcValue {
    // The most frequent first.
    if (this.#skips('<value><string>')) {
      const text = this.#text();
      this.#expect('</string></value>\n');
      return text;
    }
    if (this.#skips('<value><int>')) return this.#integer();
    if (this.#skips('<value><struct>\n')) return this.#nested(() => this.#members());
    if (this.#skips('<value><array><data>\n')) return this.#nested(() => this.#items());
    if (this.#skips('<value><boolean>1</boolean></value>\n')) return true;
    if (this.#skips('<value><boolean>0</boolean></value>\n')) return false;
    throw new OtherLayout();
  }

  #integer(): number {
    const digits = this.#text();
    const number = Number(digits);
    if (String(number) !== digits || !Number.isSafeInteger(number)) throw new OtherLayout();
    this.#expect('</int></value>\n');
    return number;
  }

  #members(): XmlRpcValue {
    const members = new Map<string, XmlRpcValue>();
    while (this.#skips('<member>\n<name>')) {
      const name = this.#text();
      this.#expect('</name>\n');
      members.set(name, this.#value());
      this.#expect('</member>\n');
    }
    this.#expect('</struct></value>\n');
    return members;
  }

  #items(): XmlRpcValue {
    const items: XmlRpcValue[] = [];
    while (!this.#skips('</data></array></value>\n')) items.push(this.#value());
    return items;
  }

  #nested(read: () => XmlRpcValue): XmlRpcValue {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new OtherLayout();
    const value = read();
    this.#depth -= 1;
    return value;
  }

  /** Up to the next tag. */
  #text(): string {
    const end = this.#xml.indexOf('<', this.#position);
    if (end < 0) throw new OtherLayout();
    const text = this.#xml.slice(this.#position, end);
    this.#position = end;
    return text.includes('&') ? withoutReferences(text) : text;
  }

  #skips(literal: string): boolean {
    if (!this.#xml.startsWith(literal, this.#position)) return false;
    this.#position += literal.length;
    return true;
  }

  #expect(literal: string): void {
    if (!this.#skips(literal)) throw new OtherLayout();
  }

  #expectEnd(literal: string): void {
    this.#expect(literal);
    if (this.#position !== this.#xml.length) throw new OtherLayout();
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
