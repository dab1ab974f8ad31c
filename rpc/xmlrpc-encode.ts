/**
 * Values → XML, byte for byte in the shape supervisord sends, so by concatenation: an answer about 200
 * processes has thousands of values, and dashboards ask for it every second.
 *
 * Where supervisord sends what no conforming parser takes, this does not: characters that XML 1.0 has no
 * way to hold become U+FFFD, a carriage return is sent as a reference (parsers turn a bare one into a
 * newline), and integers are capped to the 32 bits the protocol gives them.
 */
import { Double, type Encodable } from './xmlrpc-values.ts';

const declaration = "<?xml version='1.0'?>\n";
const maxInt = 2 ** 31 - 1;
const minInt = -(2 ** 31);

/** A `methodCall` document. */
export function encodeCall(methodName: string, params: readonly Encodable[]): string {
  let xml = `${declaration}<methodCall>\n<methodName>${escapeText(methodName)}</methodName>\n<params>\n`;
  for (const param of params) xml += `<param>\n${encodeValue(param)}</param>\n`;
  return `${xml}</params>\n</methodCall>\n`;
}

/** A `methodResponse` document that carries a result. */
export function encodeResponse(value: Encodable): string {
  return `${declaration}<methodResponse>\n<params>\n<param>\n${encodeValue(value)}</param>\n</params>\n</methodResponse>\n`;
}

/** A `methodResponse` document that carries a fault. */
export function encodeFault(faultCode: number, faultString: string): string {
  return `${declaration}<methodResponse>\n<fault>\n${encodeValue({ faultCode, faultString })}</fault>\n</methodResponse>\n`;
}

/**
 * One `<value>` element and a newline.
 *
 * @throws {TypeError} for NaN, which the protocol cannot say
 */
export function encodeValue(value: Encodable): string {
  switch (typeof value) {
    case 'string':
      return `<value><string>${escapeText(value)}</string></value>\n`;
    case 'number':
      return encodeNumber(value);
    case 'boolean':
      return value ? '<value><boolean>1</boolean></value>\n' : '<value><boolean>0</boolean></value>\n';
  }
  if (value === null) return '<value><nil/></value>\n';
  if (value instanceof Double) return encodeDouble(value.value);
  if (isArray(value)) {
    let xml = '<value><array><data>\n';
    for (const item of value) xml += encodeValue(item);
    return `${xml}</data></array></value>\n`;
  }
  let xml = '<value><struct>\n';
  if (value instanceof Map) {
    for (const [name, member] of value) xml += encodeMember(name, member);
  } else {
    for (const [name, member] of Object.entries(value)) xml += encodeMember(name, member);
  }
  return `${xml}</struct></value>\n`;
}

function encodeMember(name: string, value: Encodable): string {
  return `<member>\n<name>${escapeText(name)}</name>\n${encodeValue(value)}</member>\n`;
}

function encodeNumber(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) {
    if (Number.isNaN(value)) throw new TypeError('Cannot send NaN by XML-RPC');
    // Adding 0 makes of −0 the 0 that every reader knows.
    return `<value><int>${Math.min(Math.max(value, minInt), maxInt) + 0}</int></value>\n`;
  }
  return encodeDouble(value);
}

function encodeDouble(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`Cannot send ${value} by XML-RPC`);
  return `<value><double>${value + 0}</double></value>\n`;
}

/** `Array.isArray`, which does not narrow readonly arrays. */
function isArray(value: object): value is readonly Encodable[] {
  return Array.isArray(value);
}

const needsEscape = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const escapable = new RegExp(needsEscape, 'g');

function escapeText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return needsEscape.test(wellFormed) ? wellFormed.replace(escapable, escapeCharacter) : wellFormed;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    case '\r':
      return '&#13;';
    default:
      return '\ufffd';
  }
}
