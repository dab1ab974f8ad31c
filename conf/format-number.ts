/** How Python's `%` operator writes an integer in its numeric conversions. */

export interface NumberStyle {
  readonly conversion: string;
  readonly precision: number | undefined;
  /** Of `- + space # 0`. */
  readonly flags: ReadonlySet<string>;
}

/** A number with what stays in front of padding zeros apart. */
export interface NumberText {
  readonly prefix: string;
  readonly body: string;
}

/** `%d`, `%i`, `%u`; a precision is the least count of digits. */
export function formatDecimal(value: number, style: NumberStyle): NumberText {
  return { prefix: sign(value, style), body: digits(BigInt(Math.abs(value)).toString(), style) };
}

/** `%o`, `%x`, `%X`; `#` puts the base in front. */
export function formatRadix(value: number, style: NumberStyle): NumberText {
  const { conversion, flags } = style;
  const body = digits(BigInt(Math.abs(value)).toString(conversion === 'o' ? 8 : 16), style);
  return {
    prefix: sign(value, style) + (flags.has('#') ? `0${conversion}` : ''),
    body: conversion === 'X' ? body.toUpperCase() : body,
  };
}

/** `%e`, `%f`, `%g` and their upper-case forms. */
export function formatFloat(value: number, style: NumberStyle): NumberText {
  const { conversion, precision = 6, flags } = style;
  const alternate = flags.has('#');
  const form = conversion.toLowerCase();
  const magnitude = Math.abs(value);
  let body: string;
  if (form === 'f') body = fixed(magnitude, precision, alternate);
  else if (form === 'e') body = exponential(magnitude, precision, alternate);
  else body = general(magnitude, Math.max(precision, 1), alternate);
  return { prefix: sign(value, style), body: conversion === form ? body : body.toUpperCase() };
}

function sign(value: number, { flags }: NumberStyle): string {
  if (value < 0) return '-';
  if (flags.has('+')) return '+';
  return flags.has(' ') ? ' ' : '';
}

function digits(text: string, { precision = 0 }: NumberStyle): string {
  return text.padStart(precision, '0');
}

/** The most fraction digits that JavaScript writes; the value is an integer, so zeros follow. */
const maxFraction = 100;

function fixed(value: number, precision: number, alternate: boolean): string {
  const text = BigInt(value).toString();
  if (precision > 0) return `${text}.${'0'.repeat(precision)}`;
  return alternate ? `${text}.` : text;
}

function exponential(value: number, precision: number, alternate: boolean): string {
  const [mantissa = '', exponent = '+0'] = value.toExponential(Math.min(precision, maxFraction)).split('e');
  const fraction = '0'.repeat(Math.max(precision - maxFraction, 0));
  const point = alternate && precision === 0 ? '.' : '';
  return `${mantissa}${point}${fraction}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`;
}

function general(value: number, precision: number, alternate: boolean): string {
  const exponent =
    value === 0 ? 0 : Number(value.toExponential(Math.min(precision - 1, maxFraction)).split('e')[1]);
  if (exponent >= precision) {
    const text = exponential(value, precision - 1, alternate);
    return alternate ? text : text.replace(/\.?0*e/, 'e');
  }
  return alternate ? fixed(value, precision - 1 - exponent, true) : BigInt(value).toString();
}
