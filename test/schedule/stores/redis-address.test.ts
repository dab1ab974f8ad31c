import { expect, it } from '@jest/globals';
import { JobStoreError } from '../../../schedule/errors.ts';
import { readRedisAddress } from '../../../schedule/stores/redis-address.ts';

const addresses = [
  { url: 'redis://', options: { host: 'localhost', port: 6379, db: 0 }, shown: 'redis://localhost:6379' },
  { url: 'redis://db.example:7000/3', options: { host: 'db.example', port: 7000, db: 3 } },
  { url: 'redis://:s%40cret@[::1]/', options: { host: '::1', port: 6379, db: 0, password: 's@cret' } },
  {
    url: 'rediss://me:secret@db.example',
    options: { host: 'db.example', port: 6379, db: 0, username: 'me', password: 'secret', tls: {} },
    shown: 'rediss://db.example:6379',
  },
  {
    url: 'unix:///run/redis.sock',
    options: { path: '/run/redis.sock', db: 0 },
    shown: 'unix:///run/redis.sock',
  },
  {
    url: 'unix:///run/my%20redis.sock?db=2&password=secret',
    options: { path: '/run/my redis.sock', db: 2, password: 'secret' },
    shown: 'unix:///run/my redis.sock',
  },
  {
    url: 'redis://localhost?db=4&password=secret',
    options: { host: 'localhost', port: 6379, db: 4, password: 'secret' },
  },
];

it.each(addresses)('reads $url, and shows it without the password', ({ url, options, shown }) => {
  const address = readRedisAddress(url);
  expect(address.options).toEqual(options);
  if (shown !== undefined) expect(address.shown).toBe(shown);
  expect(address.shown).not.toContain('cret');
});

it.each([
  ['localhost', 'The address of Redis is not a URL'],
  ['http://localhost', 'The address of Redis begins with http://: expected redis, rediss or unix'],
  ['unix://run/redis.sock', 'The address of Redis names no socket: expected unix:///path'],
  ['redis://localhost/x', 'The address of Redis names database "x": not an integer'],
])('refuses %s', (url, reason) => {
  expect(() => readRedisAddress(url)).toThrow(new JobStoreError(reason));
});
