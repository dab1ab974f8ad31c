import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ConfigError } from '../../conf/config-error.ts';
import { type LoadContext, type LoadResult, loadSettings } from '../../conf/load.ts';
import type { Settings } from '../../conf/settings.ts';
import { usersOf } from './system-users.ts';

const users = usersOf(
  'root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/home/web:/bin/sh\n',
  'root:x:0:\nweb:x:1001:\nlog:x:4:\n',
);

/** A machine with the users root and web, and a clean environment. */
export function contextIn(cwd: string, env: { readonly [name: string]: string } = {}): LoadContext {
  return {
    env: new Map(Object.entries({ HOME: '/root', ...env })),
    cwd,
    uid: 0,
    users,
    hostname: 'node1',
    tempDirectory: '/tmp',
  };
}

/** A directory with these files, gone at the end of the scope. */
export class TemporaryFiles implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'conf-test-'));

  constructor(files: { readonly [path: string]: string | Uint8Array }) {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.directory, path)), { recursive: true });
      writeFileSync(join(this.directory, path), content);
    }
  }

  load(env: { readonly [name: string]: string } = {}): LoadResult {
    return loadSettings('supervisord.conf', contextIn(this.directory, env));
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What a main file, and others beside it, come to. */
export function load(
  config: string | Uint8Array,
  files: { readonly [path: string]: string } = {},
): LoadResult {
  using temporary = new TemporaryFiles({ ...files, 'supervisord.conf': config });
  return temporary.load();
}

/** The settings of a configuration that must be right. */
export function settingsOf(config: string, files: { readonly [path: string]: string } = {}): Settings {
  const result = load(config, files);
  if (result.type === 'invalid') throw result.errors[0];
  return result.settings;
}

/** What is wrong with a configuration. */
export function errorsOf(config: string): readonly ConfigError[] {
  const result = load(config);
  return result.type === 'invalid' ? result.errors : [];
}

/** Messages of a configuration that must be wrong, without the directory. */
export function messagesOf(config: string, files: { readonly [path: string]: string } = {}): string[] {
  using temporary = new TemporaryFiles({ ...files, 'supervisord.conf': config });
  const result = temporary.load();
  if (result.type === 'ok') throw new Error('the configuration is valid');
  return result.errors.map(({ message }) => message.replaceAll(`${temporary.directory}/`, ''));
}
