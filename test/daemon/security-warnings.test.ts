import { describe, expect, it } from '@jest/globals';
import type { HttpServerSettings } from '../../conf/settings.ts';
import { securityWarnings } from '../../daemon/security-warnings.ts';
import { settingsWith } from '../support/fake-rpc-context.ts';

const credentials = { username: 'u', password: { type: 'plain', text: 'p' } } as const;
const inet = { type: 'inet', section: 'inet_http_server', port: 9001, credentials: undefined } as const;
const unix = {
  type: 'unix',
  section: 'unix_http_server',
  file: '/run/supervisor.sock',
  chown: { uid: undefined, gid: undefined },
  credentials: undefined,
} as const;

const local = 'asks for no password: every user of this machine can control the programs';
const remote = 'asks for no password: whoever reaches it over the network can control the programs';

describe('a server', () => {
  const cases: readonly (readonly [string, HttpServerSettings, string | undefined])[] = [
    ['on a loopback address', { ...inet, host: '127.0.0.1' }, `[inet_http_server] ${local}`],
    ['on all addresses', { ...inet, host: '' }, `[inet_http_server] ${remote}`],
    ['with a password', { ...inet, host: '', credentials }, undefined],
    ['on a socket of its owner', { ...unix, chmod: 0o700 }, undefined],
    ['on a socket of a group', { ...unix, chmod: 0o770 }, undefined],
    ['on a socket that everybody may read', { ...unix, chmod: 0o755 }, undefined],
    ['on a socket that everybody may write to', { ...unix, chmod: 0o777 }, `[unix_http_server] ${local}`],
    ['on such a socket with a password', { ...unix, chmod: 0o777, credentials }, undefined],
  ];
  for (const [where, server, warning] of cases) {
    it(`${where} ${warning === undefined ? 'is no reason to warn' : 'is warned of'}`, () => {
      const warnings = securityWarnings({ ...settingsWith([]), httpServers: [server] });
      expect(warnings).toEqual(warning === undefined ? [] : [warning]);
    });
  }
});
