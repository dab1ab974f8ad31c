/** Passwords and their `{SCRYPT}` hashes. The work is done on a thread of its own. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { type ScryptHash, scryptMemory } from '../conf/stored-password.ts';

type Cost = Pick<ScryptHash, 'ln' | 'r' | 'p'>;

/** 32 MiB and a good tenth of a second: OWASP's recommendation of that memory. */
const recommendedCost: Cost = { ln: 15, r: 8, p: 3 };
const saltBytes = 16;
const hashBytes = 32;

/** Makes a hash of a password, with a salt of its own. */
export async function hashPassword(password: Uint8Array, cost = recommendedCost): Promise<ScryptHash> {
  const salt = randomBytes(saltBytes);
  return { type: 'SCRYPT', ...cost, salt, hash: await derive(password, { ...cost, salt }, hashBytes) };
}

/** Whether the hash was made of this password. Takes as long whether or not. */
export async function matchesHash(password: Uint8Array, stored: ScryptHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, stored, stored.hash.length), stored.hash);
}

function derive(
  password: Uint8Array,
  { ln, r, p, salt }: Omit<ScryptHash, 'type' | 'hash'>,
  length: number,
): Promise<Buffer> {
  // What it needs is checked when the configuration is read; Node's own limit is too low for that.
  const options = { N: 2 ** ln, r, p, maxmem: 2 * scryptMemory({ ln, r }) };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
