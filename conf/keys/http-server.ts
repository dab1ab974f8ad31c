import { inetAddress, mode } from '../addresses.ts';
import { socketPath } from '../paths.ts';
import { ownership } from '../users.ts';
import { string } from '../values.ts';
import type { KeyTable } from './key.ts';

/** Keys that both kinds of server have. */
export const credentialKeys = {
  username: {
    read: string,
    default: undefined,
    sample: 'user',
    doc: 'User name that clients must give; goes with `password`.',
  },
  password: {
    read: string,
    default: undefined,
    sample: '123',
    doc: 'Password that clients must give: plain text, or `{SHA}` and its lower-case hexadecimal SHA-1.',
  },
} satisfies KeyTable;

/** Keys of `[unix_http_server]`. */
export const unixHttpServerKeys = {
  file: {
    read: socketPath,
    default: undefined,
    absent: 'required',
    sample: '/tmp/supervisor.sock',
    doc: 'Path of the socket.',
  },
  chmod: { read: mode('chmod'), default: '0700', doc: 'Mode of the socket.' },
  chown: {
    read: ownership('sockchown'),
    default: undefined,
    sample: 'nobody:nogroup',
    doc: 'Owner of the socket, as `user` or `user:group`.',
  },
  ...credentialKeys,
} satisfies KeyTable;

/** Keys of `[inet_http_server]`. */
export const inetHttpServerKeys = {
  port: {
    read: inetAddress,
    default: undefined,
    absent: 'required',
    sample: '127.0.0.1:9001',
    doc: 'Where to listen: `host:port`, `*:port` or `port`; without a host, on all IPv4 interfaces.',
  },
  ...credentialKeys,
} satisfies KeyTable;
