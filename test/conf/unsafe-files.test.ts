import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { unsafePaths } from '../../conf/file-safety.ts';
import { loadSettings } from '../../conf/load.ts';
import { contextIn } from './support.ts';

// Only root's files can be safe, and only root can give files away.
const describeAsRoot = process.getuid?.() === 0 ? describe : describe.skip;

const someone = 1000;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'unsafe-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Makes a file of root's, with its directories. */
function file(path: string, content = ''): string {
  const absolute = join(root, path);
  mkdirSync(dirname(absolute), { recursive: true, mode: 0o755 });
  writeFileSync(absolute, content);
  chmodSync(absolute, 0o644);
  return absolute;
}

function directory(path: string): string {
  mkdirSync(join(root, path), { recursive: true, mode: 0o755 });
  return join(root, path);
}

const unsafe = (path: string): string[] =>
  unsafePaths({ files: [path], directories: [] }).map((found) => found.path.replace(root, ''));

describeAsRoot('a file that root reads', () => {
  it('is safe if all on its way is root’s, under /tmp too', () =>
    expect(unsafe(file('etc/a.conf'))).toEqual([]));

  it('need not exist', () => expect(unsafe(join(root, 'none/a.conf'))).toEqual([]));

  const cases: readonly (readonly [string, (path: string) => void, readonly string[]])[] = [
    ['that is another’s', (path) => chownSync(path, someone, 0), ['/etc/a.conf']],
    ['that everybody can write', (path) => chmodSync(path, 0o646), ['/etc/a.conf']],
    ['that root’s group can write', (path) => chmodSync(path, 0o664), []],
    [
      'that a group can write',
      (path) => {
        chownSync(path, 0, someone);
        chmodSync(path, 0o664);
      },
      ['/etc/a.conf'],
    ],
    ['that a group can only read', (path) => chownSync(path, 0, someone), []],
    ['in a directory of another', (path) => chownSync(dirname(path), someone, 0), ['/etc']],
    ['in a directory for everybody', (path) => chmodSync(dirname(path), 0o777), ['/etc']],
    ['in a sticky directory for everybody', (path) => chmodSync(dirname(path), 0o1777), ['/etc']],
    ['in a directory in one of another', () => chownSync(root, someone, 0), ['']],
  ];
  for (const [what, prepare, expected] of cases) {
    it(`${what} is ${expected.length === 0 ? 'safe' : 'not safe'}`, () => {
      const path = file('etc/a.conf');
      prepare(path);
      expect(unsafe(path)).toEqual(expected);
    });
  }

  it('is what a link leads to, and the link, and the directories of both', () => {
    const target = file('target/a.conf');
    const link = join(directory('links'), 'a.conf');
    symlinkSync('../target/a.conf', link);
    expect(unsafe(link)).toEqual([]);
    chmodSync(target, 0o666);
    chmodSync(dirname(target), 0o777);
    chmodSync(dirname(link), 0o1777);
    expect(unsafe(link).sort()).toEqual(['/links', '/target', '/target/a.conf']);
  });

  it('is reached through links among its directories', () => {
    chownSync(dirname(file('real/etc/a.conf')), someone, 0);
    symlinkSync('real', join(root, 'short'));
    expect(unsafe(join(root, 'short/etc/a.conf'))).toEqual(['/real/etc']);
    chownSync(join(root, 'real'), someone, 0);
    expect(unsafe(join(root, 'short/etc/a.conf'))).toEqual(['/real', '/real/etc']);
  });

  it('is reached through a link that goes up from where another has led', () => {
    chmodSync(dirname(file('opt/app/conf.d/a.conf')), 0o777);
    symlinkSync('opt/app/etc', join(root, 'short'));
    symlinkSync('../conf.d', join(directory('opt/app/etc'), 'conf.d'));
    expect(unsafe(join(root, 'short/conf.d/a.conf'))).toEqual(['/opt/app/conf.d']);
  });

  it('may be a link to itself', () => {
    symlinkSync('loop', join(root, 'loop'));
    expect(unsafe(join(root, 'loop'))).toEqual([]);
  });
});

describeAsRoot('loading as root', () => {
  const load = (warnsOfUnsafeFiles = true) =>
    loadSettings('supervisord.conf', { ...contextIn(root), warnsOfUnsafeFiles });
  const warnings = (warnsOfUnsafeFiles = true): string[] => {
    const result = load(warnsOfUnsafeFiles);
    if (result.type === 'invalid') throw result.errors[0];
    return result.settings.notices
      .filter(({ concern }) => concern === 'security')
      .map(({ text }) => text.replaceAll(root, ''));
  };

  it('warns of each path that others can change, and tells who', () => {
    file('supervisord.conf', '[supervisord]\n[include]\nfiles=conf.d/*.conf empty/*.conf\n');
    const included = file(
      'conf.d/a.conf',
      '[inet_http_server]\nport=127.0.0.1:1\nusername=u\npassword_file=s\n',
    );
    const secret = file('conf.d/s', 'x');
    expect(warnings()).toEqual([
      '/conf.d/a.conf:4: [inet_http_server] password_file: "s": others can read the password (mode 644)',
    ]);
    chmodSync(join(root, 'supervisord.conf'), 0o666);
    chownSync(included, 1000, 0);
    chmodSync(secret, 0o620);
    chownSync(secret, 0, 4);
    chmodSync(directory('empty'), 0o777);
    expect(warnings()).toEqual([
      '/conf.d/a.conf:4: [inet_http_server] password_file: "s": others can read the password (mode 620)',
      '/supervisord.conf: everybody can change it (mode 666), and so decide what root runs',
      '/conf.d/a.conf: its owner web can change it, and so decide what root runs',
      '/conf.d/s: group 4 can change it (mode 620), and so decide what root runs',
      '/empty: everybody can change it (mode 777), and so decide what root runs',
    ]);
    expect(warnings(false)).toHaveLength(1);
  });

  it('refuses it if strict', () => {
    chmodSync(file('supervisord.conf', '[supervisord]\nstrict=yes\n'), 0o666);
    const result = load();
    expect(result.type === 'invalid' && result.errors.map(({ message }) => message)).toEqual([
      `${root}/supervisord.conf: everybody can change it (mode 666), and so decide what root runs (refused: strict=true)`,
    ]);
  });
});
