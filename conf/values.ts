/**
 * Readers of plain values. Error texts are supervisord's.
 *
 * @see supervisor/datatypes.py
 */
import { InvalidValue } from './invalid-value.ts';
import { parseInteger, repr, strip } from './python-text.ts';
import type { Reader } from './reader.ts';
import {
  type KillMode,
  type LogLevel,
  logLevels,
  type ProcessSettings,
  type SupervisordSettings,
} from './settings.ts';

const truthy = new Set(['yes', 'true', 'on', '1']);
const falsy = new Set(['no', 'false', 'off', '0']);

/** Any text. */
export const string: Reader<string> = { type: 'string', read: (text) => text };

/** `yes`, `true`, `on`, `1` or `no`, `false`, `off`, `0`, in any case. */
export const boolean: Reader<boolean> = {
  type: 'boolean',
  read(text) {
    if (truthy.has(text.toLowerCase())) return true;
    if (falsy.has(text.toLowerCase())) return false;
    throw new InvalidValue(`not a valid boolean value: ${repr(text)}`);
  },
};

/** A decimal integer; one too large to be exact becomes the largest exact one. */
export const integer: Reader<number> = {
  type: 'integer',
  read(text) {
    const value = parseInteger(text);
    if (value === undefined) throw new InvalidValue(`invalid literal for int() with base 10: ${repr(text)}`);
    return value;
  },
};

/** A decimal number of 0 or more, with or without a fraction. */
export const number: Reader<number> = {
  type: 'number',
  read(text) {
    const value = /^\d+(?:\.\d+)?$/.test(strip(text)) ? Number(text) : Number.NaN;
    if (Number.isFinite(value)) return value;
    throw new InvalidValue(`expected a number, not ${repr(text)}`);
  },
};

const byteUnits = new Map([
  ['kb', 1024],
  ['mb', 1024 ** 2],
  ['gb', 1024 ** 3],
]);

/** An integer, or one followed by `KB`, `MB` or `GB` in any case: bytes. */
export const byteSize: Reader<number> = {
  type: 'byte size',
  read(text, context) {
    const lower = text.toLowerCase();
    const unit = byteUnits.get(lower.slice(-2));
    const count = integer.read(unit === undefined ? lower : lower.slice(0, -2), context);
    const bytes = count * (unit ?? 1);
    return Math.max(Math.min(bytes, Number.MAX_SAFE_INTEGER), Number.MIN_SAFE_INTEGER);
  },
};

/** An integer in base 8, with or without `0o`. */
export const octal: Reader<number> = {
  type: 'octal',
  read(text) {
    const value = parseInteger(text, 8);
    if (value === undefined) throw new InvalidValue(`${text} can not be converted to an octal type`);
    return value;
  },
};

/** Name of a log level, in any case. */
export const logLevel: Reader<LogLevel> = {
  type: 'log level',
  read(text) {
    const level = text.toLowerCase();
    if (isLogLevel(level)) return level;
    throw new InvalidValue(`bad logging level name ${repr(text)}`);
  },
};

function isLogLevel(text: string): text is LogLevel {
  return Object.hasOwn(logLevels, text);
}

/** Integers from 0 to 255 between commas; empty: none. */
export const exitCodes: Reader<readonly number[]> = {
  type: 'exit codes',
  read(text) {
    if (text === '') return [];
    return text.split(',').map((code) => {
      const value = parseInteger(code);
      if (value === undefined || value < 0 || value > 255) {
        throw new InvalidValue(`not a valid list of exit codes: ${repr(text)}`);
      }
      return value;
    });
  },
};

/** A boolean, or `unexpected`. */
export const autorestart: Reader<ProcessSettings['autorestart']> = {
  type: 'autorestart',
  read(text) {
    const lower = text.toLowerCase();
    if (truthy.has(lower)) return 'always';
    if (falsy.has(lower)) return 'never';
    if (lower === 'unexpected') return 'unexpected';
    throw new InvalidValue(`invalid 'autorestart' value ${repr(lower)}`);
  },
};

/** Whom signals that are to end a process are meant for. */
export const killMode: Reader<KillMode> = oneOf('killmode', ['process', 'group', 'tree', 'cgroup']);

/** What an exit means to the daemon. */
export const onExit: Reader<ProcessSettings['on_exit']> = oneOf('on_exit', [
  'none',
  'shutdown',
  'shutdown_unexpected',
]);

/** What FATAL means to the daemon. */
export const onFatal: Reader<ProcessSettings['on_fatal']> = oneOf('on_fatal', ['none', 'shutdown']);

/** What an orderly end of the daemon means to programs. */
export const onDaemonExit: Reader<SupervisordSettings['on_daemon_exit']> = oneOf('on_daemon_exit', [
  'adopt',
  'kill',
]);

/** One of two words or more, in any case. */
export function oneOf<Word extends string>(type: string, words: readonly Word[]): Reader<Word> {
  return {
    type,
    read(text) {
      const lower = text.toLowerCase();
      const word = words.find((candidate) => candidate === lower);
      if (word !== undefined) return word;
      const all = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
      throw new InvalidValue(`expected ${all}, not ${repr(text)}`);
    },
  };
}

/**
 * Trims a name of a process or group and checks it: no blank, `:` or `/`, which would break event headers
 * and URLs.
 *
 * @throws {InvalidValue} it has one of these, or is empty
 */
export function parseName(text: string): string {
  const trimmed = strip(text);
  for (const character of ' :/') {
    if (trimmed.includes(character)) {
      throw new InvalidValue(`Invalid name: ${repr(text)} because of character: ${repr(character)}`);
    }
  }
  if (trimmed === '') throw new InvalidValue(`Invalid name: ${repr(text)} because it is empty`);
  return trimmed;
}

/** Name of a process or group. */
export const name: Reader<string> = { type: 'name', read: parseName };

/** Names between commas; empty: none. A comma at the end makes an empty one. */
export const list: Reader<readonly string[]> = {
  type: 'list',
  read: (text) => (text === '' ? [] : text.split(',').map(strip)),
};
