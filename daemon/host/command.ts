import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { repr } from '../../conf/python-text.ts';
import type { Environment, ProcessSettings } from '../../conf/settings.ts';
import { splitShellWords } from '../../conf/shell-words.ts';
import type { CommandResolution } from './host.ts';

const defaultPath = ['/bin', '/usr/bin', '/usr/local/bin'];

/**
 * Turns `command=` into a file to execute and its arguments. The first word stays `argv[0]` as written.
 *
 * A word without a slash is searched in the PATH of the program, or else of the daemon, and the first
 * entry that exists counts, runnable or not. A relative path with a slash is looked for in `directory`
 * first, where the program will run, and then where the daemon is.
 *
 * @param daemonEnvironment what the program's own PATH takes the place of
 * @see supervisor/process.py, `get_execv_args`
 */
export function resolveCommand(
  settings: Pick<ProcessSettings, 'command' | 'directory' | 'environment'>,
  daemonEnvironment: Environment,
): CommandResolution {
  const split = splitShellWords(settings.command);
  if (split.type === 'invalid') {
    const reason = `can't parse command ${repr(settings.command)}: ${split.reason}`;
    return { type: 'not-executable', reason };
  }
  const [program, ...rest] = split.words;
  if (program === undefined) return { type: 'not-executable', reason: 'command is empty' };

  for (const candidate of candidates(program, settings, daemonEnvironment)) {
    const found = stat(candidate.path);
    if (found === undefined) continue;
    const problem = unfitness(candidate.path, found);
    if (problem === undefined) return { type: 'found', path: candidate.path, argv: [program, ...rest] };
    return { type: 'not-executable', reason: problem(repr(candidate.shown)) };
  }
  return { type: 'no-file', reason: `can't find command ${repr(program)}` };
}

interface Candidate {
  /** Absolute: it is executed after the change of directory. */
  readonly path: string;
  /** As messages show it. */
  readonly shown: string;
}

function candidates(
  program: string,
  { directory, environment }: Pick<ProcessSettings, 'directory' | 'environment'>,
  daemonEnvironment: Environment,
): readonly Candidate[] {
  if (program.includes('/')) {
    const places = isAbsolute(program) || directory === undefined ? ['.'] : [directory, '.'];
    return places.map((place) => ({ path: resolve(place, program), shown: program }));
  }
  const ofDaemon = daemonEnvironment.get('PATH')?.split(':');
  const path = environment.get('PATH')?.split(':') ?? (ofDaemon?.join('') ? ofDaemon : defaultPath);
  // An empty element is the working directory.
  return path.map((place) => ({
    path: resolve(place, program),
    shown: place === '' ? program : joined(place, program),
  }));
}

/** As Python joins paths, which keeps `.` and `..`. */
function joined(place: string, program: string): string {
  return place.endsWith('/') ? place + program : `${place}/${program}`;
}

function stat(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Why a file cannot be run, given its quoted name. */
function unfitness(path: string, found: Stats): ((quoted: string) => string) | undefined {
  if (found.isDirectory()) return (quoted) => `command at ${quoted} is a directory`;
  if ((found.mode & 0o111) === 0) return (quoted) => `command at ${quoted} is not executable`;
  try {
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return (quoted) => `no permission to run command ${quoted}`;
  }
}
