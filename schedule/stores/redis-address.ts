import type { RedisOptions } from 'ioredis';
import { JobStoreError } from '../errors.ts';

/** Where a Redis is. */
export interface RedisAddress {
  readonly options: RedisOptions;
  /** For messages: without the password. */
  readonly shown: string;
}

/**
 * Reads `redis://[[user]:password@]host[:port][/db]`, `rediss://…` for TLS, or `unix:///path[?db=1&password=…]`.
 *
 * @throws {JobStoreError} it is none of these
 */
export function readRedisAddress(text: string): RedisAddress {
  const url = URL.parse(text);
  // The text may hold a password.
  if (url === null) throw new JobStoreError('The address of Redis is not a URL');
  const { protocol, searchParams } = url;
  const isSocket = protocol === 'unix:';
  if (!isSocket && protocol !== 'redis:' && protocol !== 'rediss:') {
    throw new JobStoreError(`The address of Redis begins with ${protocol}//: expected redis, rediss or unix`);
  }
  const password = decodeURIComponent(url.password) || searchParams.get('password') || undefined;
  const username = decodeURIComponent(url.username) || searchParams.get('username') || undefined;
  const database = (isSocket ? '' : url.pathname.slice(1)) || searchParams.get('db') || '0';
  if (!/^\d+$/.test(database)) {
    throw new JobStoreError(`The address of Redis names database "${database}": not an integer`);
  }
  const identity = {
    ...(password !== undefined ? { password } : {}),
    ...(username !== undefined ? { username } : {}),
    db: Number(database),
  };
  if (isSocket) {
    const path = decodeURIComponent(url.pathname);
    if (url.host !== '' || path === '') {
      throw new JobStoreError('The address of Redis names no socket: expected unix:///path');
    }
    return { options: { ...identity, path }, shown: `unix://${path}` };
  }
  const port = url.port === '' ? 6379 : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '') || 'localhost';
  const options = { ...identity, host, port, ...(protocol === 'rediss:' ? { tls: {} } : {}) };
  return { options, shown: `${protocol}//${url.hostname || 'localhost'}:${port}` };
}
