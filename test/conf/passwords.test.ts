import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { execaSync } from 'execa';
import fc from 'fast-check';
import { InvalidValue } from '../../conf/invalid-value.ts';
import { formatScrypt, parseStoredPassword } from '../../conf/stored-password.ts';
import { loadSupervisorctlSettings } from '../../conf/supervisorctl.ts';
import { contextIn, errorsOf, messagesOf, settingsOf, TemporaryFiles } from './support.ts';

const bytes = (count: number): string => Buffer.alloc(count, 7).toString('base64');
const scrypt = ({ ln = 15, r = 8, p = 1, salt = bytes(16), hash = bytes(32) } = {}): string =>
  `{SCRYPT}ln=${ln},r=${r},p=${p}$${salt}$${hash}`;

describe('a stored password', () => {
  it('is plain, unless it begins with one of two words', () => {
    for (const text of ['', 'x', '{sha}x', '{SSHA}x', ' {SHA}x', '{SCRYPT']) {
      expect(parseStoredPassword(text)).toEqual({ type: 'plain', text });
    }
    expect(parseStoredPassword('{SHA}x')).toEqual({ type: 'SHA', hex: 'x' });
  });

  it('of scrypt has its parameters, and is written as it was read', () => {
    const text = scrypt({ ln: 16, r: 9, p: 2 });
    const parsed = parseStoredPassword(text);
    expect(parsed).toMatchObject({ type: 'SCRYPT', ln: 16, r: 9, p: 2 });
    expect(parsed.type === 'SCRYPT' && formatScrypt(parsed)).toBe(text);
  });

  const bad: readonly (readonly [string, string])[] = [
    ['{SCRYPT}', 'not a {SCRYPT} hash'],
    ['{SCRYPT}secret', 'not a {SCRYPT} hash'],
    [`${scrypt()}x$`, 'not a {SCRYPT} hash'],
    [scrypt({ ln: 13 }), 'ln of the {SCRYPT} hash must be 14 to 17, not 13'],
    [scrypt({ ln: 18 }), 'ln of the {SCRYPT} hash must be 14 to 17, not 18'],
    [scrypt({ ln: 10 ** 20 }), 'ln of the {SCRYPT} hash must be 14 to 17, not 100000000000000000000'],
    [scrypt({ r: 7 }), 'r of the {SCRYPT} hash must be 8 to 16, not 7'],
    [scrypt({ p: 9 }), 'p of the {SCRYPT} hash must be 1 to 8, not 9'],
    [scrypt({ ln: 17, r: 9 }), 'the {SCRYPT} hash needs more than 128 MiB'],
    [scrypt({ salt: bytes(15) }), 'bytes of salt of the {SCRYPT} hash must be 16 to 64, not 15'],
    [scrypt({ hash: bytes(31) }), 'bytes of hash of the {SCRYPT} hash must be 32 to 64, not 31'],
  ];
  for (const [text, message] of bad) {
    it(`${text.slice(0, 40)} is refused: ${message}`, () =>
      expect(() => parseStoredPassword(text)).toThrow(message));
  }

  it('is read or refused, whatever its text, and a refusal does not repeat it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), (text) => {
        try {
          parseStoredPassword(`{SCRYPT}${text}`);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidValue);
          expect(String(error)).not.toContain(text);
        }
      }),
    );
  });
});

const server = (...lines: readonly string[]): string =>
  `[supervisord]\n[inet_http_server]\nport=127.0.0.1:1\nusername=u\n${lines.join('\n')}\n`;

describe('a bad password of a server', () => {
  it('is told with its place, and not repeated', () => {
    expect(messagesOf(server('password={SCRYPT}ln=1,secret'))).toEqual([
      'supervisord.conf:5: [inet_http_server] password: not a {SCRYPT} hash: supervisord --password-hash makes one',
    ]);
  });

  for (const password of ['half%off', '%(half)off', '100%', '%(half)s']) {
    it(`is not repeated where it is no template either: ${password}`, () => {
      const errors = errorsOf(server(`password=${password}`));
      const text =
        "Format string for 'inet_http_server.password' is badly formatted: a percent sign is written %%";
      expect(errors.map((error) => error.text)).toEqual([text]);
      expect(errors[0]?.message).toMatch(
        /supervisord\.conf:5: \[inet_http_server\] password: Format string for/,
      );
      expect(errors[0]?.message).not.toMatch(/half|100/);
    });
  }

  it('that stands in a variable is told by the name of the variable', () => {
    expect(errorsOf(server('password=%(ENV_PASSWORD)s')).map(({ text }) => text)).toEqual([
      "Format string for 'inet_http_server.password' contains names ('ENV_PASSWORD') which cannot be expanded. Available names: ENV_HOME, here",
    ]);
  });
});

describe('a password file', () => {
  const credentialsOf = (content: string) =>
    settingsOf(server('password_file=secret'), { secret: content }).httpServers[0]?.credentials?.password;

  it('gives the password by its first line, of any kind', () => {
    expect(credentialsOf('pass word \nmore\n')).toEqual({ type: 'plain', text: 'pass word ' });
    expect(credentialsOf('päss\r\n')).toEqual({ type: 'plain', text: 'päss' });
    expect(credentialsOf('100%')).toEqual({ type: 'plain', text: '100%' });
    expect(credentialsOf('{SHA}x\n')).toEqual({ type: 'SHA', hex: 'x' });
    expect(credentialsOf(`${scrypt()}\n`)).toMatchObject({ type: 'SCRYPT' });
  });

  it('lies beside the file that names it', () => {
    const settings = settingsOf('[supervisord]\n[include]\nfiles=conf.d/*.conf\n', {
      'conf.d/server.conf': '[inet_http_server]\nport=127.0.0.1:1\nusername=u\npassword_file=secret\n',
      'conf.d/secret': 'x\n',
    });
    expect(settings.httpServers[0]?.credentials?.password).toEqual({ type: 'plain', text: 'x' });
  });

  const bad: readonly (readonly [string, string, string])[] = [
    ['is not there', 'password_file=none', '"none": cannot read the password file: ENOENT'],
    ['is a directory', 'password_file=dir', '"dir": the password file is not a regular file'],
    ['is a FIFO', 'password_file=fifo', '"fifo": the password file is not a regular file'],
    ['is empty', 'password_file=empty', '"empty": the first line of the password file is empty'],
    [
      'begins with an empty line',
      'password_file=late',
      '"late": the first line of the password file is empty',
    ],
    ['is no text', 'password_file=binary', '"binary": the password file is no text:'],
    ['is far too large', 'password_file=large', '"large": the password file is larger than 65536 bytes'],
    ['holds a bad hash', 'password_file=hash', '"hash": not a {SCRYPT} hash'],
    [
      'comes beside a password',
      'password_file=good\npassword=x',
      '"good": password and password_file exclude each other',
    ],
  ];
  for (const [what, lines, message] of bad) {
    it(`that ${what} is an error`, () => {
      using files = new TemporaryFiles({
        'supervisord.conf': server(lines),
        good: 'x',
        empty: '',
        late: '\nx\n',
        binary: new Uint8Array([0xff, 0xfe]),
        large: 'x'.repeat(65_537),
        hash: '{SCRYPT}secret',
      });
      mkdirSync(join(files.directory, 'dir'));
      execaSync('mkfifo', [join(files.directory, 'fifo')]);
      const result = files.load();
      const messages = result.type === 'invalid' ? result.errors.map((error) => error.message) : [];
      expect(messages).toHaveLength(1);
      expect(messages[0]).toContain(`supervisord.conf:5: [inet_http_server] password_file: ${message}`);
      expect(messages[0]).not.toContain('secret');
    });
  }

  it('without a user name is incomplete', () => {
    expect(
      messagesOf('[supervisord]\n[inet_http_server]\nport=1\npassword_file=s\n', { s: 'x' }).join(),
    ).toContain('incomplete authentication');
  });

  const isRoot = process.getuid?.() === 0;
  const modes: readonly (readonly [number, boolean])[] = [
    [0o600, false],
    [0o400, false],
    // Root lets the group of `user=` read it.
    [0o640, !isRoot],
    [0o660, true],
    [0o644, true],
    [0o604, true],
  ];
  for (const [mode, warns] of modes) {
    it(`of mode ${mode.toString(8)} ${warns ? 'gives a warning' : 'is fine'}`, () => {
      using files = new TemporaryFiles({ 'supervisord.conf': server('password_file=s'), s: 'x' });
      chmodSync(join(files.directory, 's'), mode);
      const result = files.load();
      const notices = result.type === 'ok' ? result.settings.notices : undefined;
      const expected = `${files.directory}/supervisord.conf:5: [inet_http_server] password_file: "s": others can read the password (mode ${mode.toString(8)})`;
      expect(notices).toEqual(warns ? [{ level: 'warn', text: expected, concern: 'security' }] : []);
    });
  }
});

describe('the password file of supervisorctl', () => {
  const passwordOf = (content: string, { hasPassword = false } = {}) => {
    using files = new TemporaryFiles({ 'c.conf': '[supervisorctl]\npassword_file=s\n', s: content });
    const context = { ...contextIn('/'), hasPassword };
    const result = loadSupervisorctlSettings(join(files.directory, 'c.conf'), context);
    return result.type === 'ok' ? result.settings.password : result.errors[0].text;
  };

  it('gives the password by its first line', () => expect(passwordOf('päss\n')).toBe('päss'));
  it('must not hold a hash', () => {
    for (const hash of ['{SHA}x', scrypt()]) {
      expect(passwordOf(hash)).toBe('the password file holds a hash: a client needs the password itself');
    }
  });
  it('is not repeated where the section has it and it is no template', () => {
    using files = new TemporaryFiles({ 'c.conf': '[supervisorctl]\npassword=half%off\n' });
    const result = loadSupervisorctlSettings(join(files.directory, 'c.conf'), contextIn('/'));
    expect(result.type === 'invalid' && result.errors[0].text).toBe(
      "Format string for 'supervisorctl.password' is badly formatted: a percent sign is written %%",
    );
  });
  it('must hold something', () => expect(passwordOf('')).toMatch('first line of the password file is empty'));
  it('need not be readable for who gives a password', () => {
    expect(passwordOf('', { hasPassword: true })).toBeUndefined();
  });
});
