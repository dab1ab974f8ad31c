/** Passwords as the configuration keeps them: as they are, or as a hash whose prefix says how it was made. */
import { InvalidValue } from './invalid-value.ts';

export type StoredPassword =
  | { readonly type: 'plain'; readonly text: string }
  /** SHA-1, in lower-case hexadecimal. */
  | { readonly type: 'SHA'; readonly hex: string }
  | ScryptHash;

/** What scrypt made of a password, with all that is needed to do it again. */
export interface ScryptHash {
  readonly type: 'SCRYPT';
  /** The cost N is 2 to the power of this. */
  readonly ln: number;
  /** Block size. */
  readonly r: number;
  /** Parallelization; the rounds run one after the other. */
  readonly p: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const shaPrefix = '{SHA}';
const scryptPrefix = '{SCRYPT}';
const scryptForm = /^ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2})$/;

/** Weaker is not worth the name; dearer would be a way to keep the daemon busy. */
const limits = { ln: [14, 17], r: [8, 16], p: [1, 8], salt: [16, 64], hash: [32, 64] } as const;
const maxMemory = 128 * 1024 * 1024;

/** Bytes that scrypt works in. */
export function scryptMemory({ ln, r }: Pick<ScryptHash, 'ln' | 'r'>): number {
  return 128 * r * 2 ** ln;
}

/**
 * Tells what kind of password a text is. Only the exact prefixes `{SHA}` and `{SCRYPT}` mean something.
 *
 * @throws {InvalidValue} `{SCRYPT}` with a form or parameters that are no good; the message does not repeat
 *   the text
 */
export function parseStoredPassword(text: string): StoredPassword {
  if (text.startsWith(shaPrefix)) return { type: 'SHA', hex: text.slice(shaPrefix.length) };
  if (text.startsWith(scryptPrefix)) return parseScrypt(text.slice(scryptPrefix.length));
  return { type: 'plain', text };
}

/** The text that {@link parseStoredPassword} takes for this hash. */
export function formatScrypt({ ln, r, p, salt, hash }: ScryptHash): string {
  return `${scryptPrefix}ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`;
}

function parseScrypt(text: string): ScryptHash {
  const match = scryptForm.exec(text);
  if (match === null) {
    throw new InvalidValue('not a {SCRYPT} hash: supervisord --password-hash makes one');
  }
  const [ln = 0, r = 0, p = 0] = match.slice(1, 4).map(Number);
  const [salt, hash] = [Buffer.from(match[4] ?? '', 'base64'), Buffer.from(match[5] ?? '', 'base64')];
  checkLimits({ ln, r, p, salt: salt.length, hash: hash.length });
  if (scryptMemory({ ln, r }) > maxMemory) {
    throw new InvalidValue('the {SCRYPT} hash needs more than 128 MiB of memory');
  }
  return { type: 'SCRYPT', ln, r, p, salt, hash };
}

function checkLimits(values: { readonly [K in keyof typeof limits]: number }): void {
  for (const name of ['ln', 'r', 'p', 'salt', 'hash'] as const) {
    const [least, most] = limits[name];
    const value = values[name];
    if (value >= least && value <= most) continue;
    const what = name === 'salt' || name === 'hash' ? `bytes of ${name}` : name;
    throw new InvalidValue(`${what} of the {SCRYPT} hash must be ${least} to ${most}, not ${value}`);
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
