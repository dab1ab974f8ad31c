/**
 * XML → values, for requests and answers. Each element is folded into a value as it closes, so time and
 * memory grow with the document and nothing recurses, however deep it nests.
 *
 * Well-formedness is the parser's business, and it is strict. A document type is refused: no client
 * sends one, and entities of one's own are how small documents become large.
 */
import { SaxesParser } from 'saxes';
import { type MethodResponse, XmlRpcError, type XmlRpcValue } from './xmlrpc-values.ts';

export interface MethodCall {
  /** `undefined`: the document names none. */
  readonly methodName: string | undefined;
  readonly params: readonly XmlRpcValue[];
}

/** Elements inside one another; arrays and structs take three and four of them a level. */
const maxDepth = 256;
/** Elements of a call, about as many as in a batch of ten thousand. Short ones take far more memory than text. */
const maxElementsOfCall = 250_000;

/** @throws {XmlRpcError} if `xml` is not a call */
export function decodeCall(xml: string): MethodCall {
  const root = parse(xml, { maxElements: maxElementsOfCall });
  if (root.tag !== 'methodCall') throw new XmlRpcError(`Not an XML-RPC call: ${root.tag}`);
  const methodName = child(root, 'methodName')?.text.trim();
  const params = child(root, 'params')?.children ?? [];
  return { methodName: methodName === '' ? undefined : methodName, params: params.map(firstValue) };
}

/** @throws {XmlRpcError} if `xml` is not an answer */
export function decodeResponse(xml: string): MethodResponse {
  const root = parse(xml, { maxElements: Number.POSITIVE_INFINITY });
  if (root.tag !== 'methodResponse') throw new XmlRpcError(`Not an XML-RPC answer: ${root.tag}`);
  const fault = child(root, 'fault');
  if (fault !== undefined) return readFault(firstValue(fault));
  const param = child(root, 'params')?.children[0];
  if (param === undefined) throw new XmlRpcError('The XML-RPC answer holds neither a result nor a fault');
  return { type: 'result', value: firstValue(param) };
}

function readFault(value: XmlRpcValue): MethodResponse {
  if (value instanceof Map) {
    const code = value.get('faultCode');
    const text = value.get('faultString');
    if (typeof code === 'number' && typeof text === 'string') return { type: 'fault', code, text };
  }
  throw new XmlRpcError('The fault in the XML-RPC answer lacks its code or text');
}

interface Element {
  readonly tag: string;
  /** Up to the first child. */
  text: string;
  children: Element[];
  /** Set when the element closes. */
  value: XmlRpcValue;
}

function parse(xml: string, { maxElements }: { readonly maxElements: number }): Element {
  let elements = 0;
  const document: Element = { tag: '', text: '', children: [], value: null };
  const open: Element[] = [document];
  const top = (): Element => open[open.length - 1] ?? document;
  const addText = (text: string): void => {
    const element = top();
    if (element.children.length === 0) element.text += text;
  };

  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw new XmlRpcError(`Not well-formed XML: ${error.message}`);
  });
  parser.on('doctype', () => {
    throw new XmlRpcError('A document type is not accepted');
  });
  parser.on('opentag', ({ name }) => {
    if (open.length > maxDepth) throw new XmlRpcError(`More than ${maxDepth} elements inside one another`);
    elements += 1;
    if (elements > maxElements) throw new XmlRpcError(`More than ${maxElements} elements`);
    const element: Element = { tag: name, text: '', children: [], value: null };
    top().children.push(element);
    open.push(element);
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const element = open.pop() ?? document;
    const fold = folds.get(element.tag);
    if (fold === undefined) return;
    element.value = fold(element);
    element.children = [];
  });
  parser.write(xml).close();

  const [root] = document.children;
  if (root === undefined) throw new XmlRpcError('An empty document');
  return root;
}

/**
 * How an element becomes a value. Those not listed keep their children, and stand for their text when
 * used as a type; without text, as in `<nil/>`, for null.
 */
const folds: ReadonlyMap<string, (element: Element) => XmlRpcValue> = new Map<
  string,
  (element: Element) => XmlRpcValue
>([
  // Text without a type is a string.
  ['value', ({ children, text }) => (children[0] === undefined ? text : typedValue(children[0]))],
  ['string', ({ text }) => text],
  ['int', ({ text }) => readInteger(text)],
  ['i4', ({ text }) => readInteger(text)],
  ['i8', ({ text }) => readInteger(text)],
  ['boolean', ({ text }) => text.trim() === '1'],
  ['double', ({ text }) => readDouble(text)],
  ['dateTime.iso8601', ({ text }) => readDateTime(text)],
  ['base64', ({ text }) => readBase64(text)],
  ['data', ({ children }) => children.map((element) => element.value)],
  ['array', ({ children }) => children.find((element) => element.tag === 'data')?.value ?? []],
  ['struct', ({ children }) => new Map(children.map(readMember))],
]);

function typedValue(element: Element): XmlRpcValue {
  if (folds.has(element.tag)) return element.value;
  return element.text === '' ? null : element.text;
}

function readMember(member: Element): [string, XmlRpcValue] {
  const name = child(member, 'name');
  const value = child(member, 'value');
  if (name === undefined || value === undefined) {
    throw new XmlRpcError('A struct member needs a name and a value');
  }
  return [name.text, value.value];
}

function readInteger(text: string): number {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw notA('integer', text);
  return Number(text) + 0;
}

function readDouble(text: string): number {
  const value = Number(text);
  if (!/[\d.]/.test(text) || !/^\s*[\d+\-.eE]+\s*$/.test(text) || !Number.isFinite(value)) {
    throw notA('double', text);
  }
  return value;
}

function readDateTime(text: string): string {
  if (!/^\s*\d{8}T\d\d:\d\d:\d\d\s*$/.test(text)) throw notA('date and time', text);
  return text.trim();
}

function readBase64(text: string): string {
  const digits = text.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) throw notA('base64', text);
  return Buffer.from(digits, 'base64').toString();
}

function notA(type: string, text: string): XmlRpcError {
  return new XmlRpcError(`Not a valid ${type}: ${JSON.stringify(text.slice(0, 100))}`);
}

function child(element: Element, tag: string): Element | undefined {
  return element.children.find((candidate) => candidate.tag === tag);
}

function firstValue(element: Element): XmlRpcValue {
  const value = child(element, 'value');
  if (value === undefined) throw new XmlRpcError(`No value in <${element.tag}>`);
  return value.value;
}
