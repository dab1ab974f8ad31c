import { expect, it } from '@jest/globals';
import { serverUrlOf } from '../../daemon/server-url.ts';
import { settingsOf } from '../conf/support.ts';

const unix = '[unix_http_server]\nfile=/run/s\n';
const inet = (name: string, port: string): string => `[inet_http_server${name}]\nport=${port}\n`;

it.each([
  ['no server', '', undefined],
  ['a unix socket, whatever comes first', inet('', '9001') + unix, 'unix:///run/s'],
  ['a port on all addresses', inet('', '*:9001'), 'http://localhost:9001'],
  ['the last of several ports', inet('', '9001') + inet(':two', '127.0.0.1:9002'), 'http://127.0.0.1:9002'],
])('children are told the address of %s', (_, config, url) => {
  expect(serverUrlOf(settingsOf(`[supervisord]\n${config}`).httpServers)).toBe(url);
});
