/**
 * The words in front of a program that runs as another user: tools that each do one thing and execute the
 * next, so that the pid stays. `posix_spawn` cannot change the user, and doing it in the daemon for a
 * moment would let that user signal the daemon.
 *
 * Until the user has changed, everything runs as root. So the tools are taken from the system's own
 * directories, never from PATH, and variables that can load code into a program (`LD_PRELOAD` may name a
 * library which the user can write) are kept from `setpriv` and given to the program by `env`, which
 * already runs as the user.
 */
import { accessSync, constants } from 'node:fs';
import type { Environment, User } from '../../conf/settings.ts';

/** A program as it would be executed without a chain. */
export interface Program {
  readonly path: string;
  readonly argv: readonly [string, ...string[]];
  readonly environment: Environment;
  readonly directory: string | undefined;
}

/** The same program, to be executed through the chain. */
export type Launch =
  | ({ readonly type: 'launch' } & Program)
  | { readonly type: 'missing-tool'; readonly tool: string };

const toolDirectories = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

/** What the C library heeds in ordinary programs and ignores in set-uid ones. */
const unsafeVariable =
  /^(?:LD_.*|GLIBC_.*|MALLOC_.*|GCONV_PATH|GETCONF_DIR|HOSTALIASES|LOCALDOMAIN|LOCPATH|NIS_PATH|NLSPATH|RESOLV_HOST_CONF|RES_OPTIONS|TMPDIR|TZDIR)$/;

/** Has `program` run as `user`, with all groups of that user; the change of directory is the user's, too. */
export function launchAs(user: User, program: Program): Launch {
  const tools = new Map<string, string>();
  for (const name of ['setpriv', 'env', 'sh']) {
    const path = findTool(name);
    if (path === undefined) return { type: 'missing-tool', tool: name };
    tools.set(name, path);
  }
  const [setpriv = '', env = '', sh = ''] = [...tools.values()];

  const withheld = [...program.environment].filter(([name]) => unsafeVariable.test(name));
  const passed = new Map([...program.environment].filter(([name]) => !unsafeVariable.test(name)));
  const assignments = withheld.map(([name, value]) => `${name}=${value}`);
  // A root-squashed home directory is closed to root and open to its user.
  const chdir = program.directory === undefined ? [] : [`--chdir=${program.directory}`];
  const needsEnv = assignments.length > 0 || chdir.length > 0;

  // Searched in PATH again, a bare word stays argv[0] as it was written.
  const [word, ...rest] = program.argv;
  const first = !word.includes('/') && passed.has('PATH') ? word : program.path;
  // `env` would take a word with "=" in it for a variable.
  const command = needsEnv && first.includes('=') ? [sh, '-c', 'exec "$@"', 'sh', first] : [first];
  return {
    type: 'launch',
    path: setpriv,
    argv: [
      'setpriv',
      '--reuid',
      String(user.uid),
      '--regid',
      String(user.gid),
      '--init-groups',
      '--',
      ...(needsEnv ? [env, ...chdir, '--', ...assignments] : []),
      ...command,
      ...rest,
    ],
    environment: passed,
    directory: undefined,
  };
}

function findTool(name: string): string | undefined {
  for (const directory of toolDirectories) {
    const path = `${directory}/${name}`;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next directory may have it.
    }
  }
  return undefined;
}
