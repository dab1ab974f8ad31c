import { inetAddress, mode } from '../addresses.ts';
import { socketPath } from '../paths.ts';
import { ownership } from '../users.ts';
import { list, string } from '../values.ts';
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
    secret: true,
    doc: 'Password that clients must give: plain text; `{SHA}` and its lower-case hexadecimal SHA-1; or what `supervisord --password-hash` prints.',
  },
  password_file: {
    read: string,
    default: undefined,
    sample: 'supervisord.password',
    doc: 'File whose first line is the password, in place of `password`. A relative path starts at the directory of the file that names it.',
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
  allowed_hosts: {
    read: list,
    default: undefined,
    absent: 'any; on a loopback address without a password, only those of the machine itself',
    sample: 'supervisor.example.com',
    doc: 'Names by which browsers may address the server, beside `localhost`, loopback addresses and the host of `port`; `*`: any.',
  },
} satisfies KeyTable;
