import { describe, expect, it } from '@jest/globals';
import { messagesOf, settingsOf } from './support.ts';

const strict = '[supervisord]\nstrict=true\n';

describe('a strict configuration', () => {
  const refused: readonly (readonly [string, string, string])[] = [
    [
      'a server on the network without a password',
      '[inet_http_server]\nport=9001',
      'supervisord.conf:4: [inet_http_server] port: "9001": whoever reaches this address can control the programs: set username and password, or listen on 127.0.0.1',
    ],
    [
      'an unknown key',
      '[program:p]\ncommand=x\nautostrat=1',
      'supervisord.conf:5: [program:p] autostrat: unknown key; did you mean autostart?',
    ],
    [
      'an unknown section',
      '[progam:p]',
      'supervisord.conf:3: [progam:p]: unknown section; did you mean [program:p]?',
    ],
    [
      'an included file that is not there',
      '[include]\nfiles=no.conf',
      'supervisord.conf: No file matches via include "',
    ],
    [
      'what means less than it seems',
      '[program:p]\ncommand=x\nredirect_stderr=true\nstderr_logfile=/tmp/x',
      'supervisord.conf: For [program:p], redirect_stderr=true but stderr_logfile has also been set',
    ],
  ];
  for (const [what, lines, message] of refused) {
    it(`refuses ${what}`, () => {
      const messages = messagesOf(`${strict}${lines}\n`);
      expect(messages).toHaveLength(1);
      expect(messages[0]?.startsWith(message)).toBe(true);
      expect(messages[0]).toMatch(/ \(refused: strict=true\)$/);
      const { notices } = settingsOf(`[supervisord]\n${lines}\n`);
      expect(notices.filter(({ level }) => level === 'warn')).toHaveLength(1);
    });
  }

  it('is told of all that it warns of at once, for CANT_REREAD with the place', () => {
    expect(messagesOf(`${strict}[a]\n[b]\n`)).toEqual([
      'supervisord.conf:3: [a]: unknown section (refused: strict=true)',
      'supervisord.conf:4: [b]: unknown section (refused: strict=true)',
    ]);
  });

  const accepted: readonly (readonly [string, string])[] = [
    ['a server of this machine without a password', '[inet_http_server]\nport=127.0.0.1:1'],
    ['localhost', '[inet_http_server]\nport=localhost:1'],
    ['IPv6', '[inet_http_server]\nport=[::1]:1'],
    ['a server on the network with a password', '[inet_http_server]\nport=1\nusername=u\npassword=p'],
    ['a pattern that matches nothing yet', '[include]\nfiles=conf.d/*.conf'],
  ];
  for (const [what, lines] of accepted) {
    it(`accepts ${what}`, () => {
      expect(settingsOf(`${strict}${lines}\n`).file).toMatch(/supervisord\.conf$/);
    });
  }
});
