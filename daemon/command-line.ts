/**
 * The daemon's command line: what each option is called, and what it sets in place of the configuration.
 *
 * @see docs/supervisord.md, "Command line"
 */
import { type GivenOption, type OptionShape, readOptions, UsageError } from '../conf/getopt.ts';
import { InvalidValue } from '../conf/invalid-value.ts';
import { existingDirectory, existingDirpath, mainLogfile } from '../conf/paths.ts';
import { repr } from '../conf/python-text.ts';
import type { ReadContext, Reader } from '../conf/reader.ts';
import type { SupervisordSettings } from '../conf/settings.ts';
import { user } from '../conf/users.ts';
import { byteSize, integer, logLevel, octal, string } from '../conf/values.ts';

/** What the command line says. */
export type CommandLine = CommandLineOptions &
  (
    | {
        /** `run`: be the daemon. The others print something and end. */
        readonly action: 'run' | 'check' | 'password-hash' | 'help' | 'version';
      }
    | {
        readonly action: 'check-upgrade';
        /** Of the daemon that asks. */
        readonly runtimeDirectory: string;
      }
  );

interface CommandLineOptions {
  /** The value of `-c`, as typed. */
  readonly configuration: string | undefined;
  /** Keys of `[supervisord]` that go before the file's. */
  readonly overrides: Partial<SupervisordSettings>;
}

type Setting = keyof SupervisordSettings;

/** An option as the help has it. */
export interface CommandOption {
  /** Such as `-u, --user <user>`. */
  readonly flags: string;
  readonly description: string;
  /** Has to be typed in full: supervisord does not have it. */
  readonly inFull?: boolean;
}

/** An option that sets a key of the same name; `read` is missing where the option is a flag. */
interface SettingOption extends CommandOption {
  readonly read?: Reader<SupervisordSettings[Setting]>;
}

/** Options by the key they set, in the order of the help. */
const settingOptions = new Map<Setting, SettingOption>([
  ['nodaemon', { flags: '-n, --nodaemon', description: 'stay in the foreground' }],
  ['silent', { flags: '-s, --silent', description: 'in the foreground, do not copy the log to stdout' }],
  ['user', { flags: '-u, --user <user>', description: 'run as this user (name or uid)', read: user }],
  ['umask', { flags: '-m, --umask <mask>', description: 'umask of the daemon, octal (022)', read: octal }],
  [
    'directory',
    {
      flags: '-d, --directory <dir>',
      description: 'directory to run in, in the background',
      read: existingDirectory,
    },
  ],
  ['logfile', { flags: '-l, --logfile <file>', description: 'activity log', read: mainLogfile }],
  [
    'logfile_maxbytes',
    {
      flags: '-y, --logfile_maxbytes <bytes>',
      description: 'rotate the activity log at this size',
      read: byteSize,
    },
  ],
  [
    'logfile_backups',
    { flags: '-z, --logfile_backups <n>', description: 'rotated activity logs to keep', read: integer },
  ],
  [
    'loglevel',
    {
      flags: '-e, --loglevel <level>',
      description: 'critical, error, warn, info, debug, trace or blather',
      read: logLevel,
    },
  ],
  [
    'pidfile',
    { flags: '-j, --pidfile <file>', description: 'where to write the pid', read: existingDirpath },
  ],
  [
    'identifier',
    {
      flags: '-i, --identifier <name>',
      description: 'name of this daemon in events and log files',
      read: string,
    },
  ],
  [
    'childlogdir',
    {
      flags: '-q, --childlogdir <dir>',
      description: 'directory of automatic child logs',
      read: existingDirectory,
    },
  ],
  ['nocleanup', { flags: '-k, --nocleanup', description: 'keep automatic child logs of earlier runs' }],
  ['minfds', { flags: '-a, --minfds <n>', description: 'open files that must be possible', read: integer }],
  [
    'strip_ansi',
    { flags: '-t, --strip_ansi', description: 'remove terminal escapes from the output of children' },
  ],
  ['minprocs', { flags: '--minprocs <n>', description: 'processes that must be possible', read: integer }],
]);

/** All options but those that print the help, in its order. */
export const commandOptions: readonly CommandOption[] = [
  { flags: '-c, --configuration <file>', description: 'configuration file (searched for if not given)' },
  ...settingOptions.values(),
  { flags: '--profile_options <list>', description: 'accepted for old init scripts; there is no profiler' },
  {
    flags: '--check',
    description: 'check the configuration, print the programs it would run, and exit',
    inFull: true,
  },
  {
    flags: '--check-upgrade <dir>',
    description: 'say whether this version could go on for a daemon with this runtime directory, and exit',
    inFull: true,
  },
  {
    flags: '--password-hash',
    description: 'read a password, print the hash to configure, and exit',
    inFull: true,
  },
  { flags: '-v, --version', description: 'print the version and exit' },
];

/**
 * Reads the command line.
 *
 * @param words what follows the command's name
 * @throws {UsageError} with supervisord's text
 */
export function readCommandLine(words: readonly string[], context: ReadContext): CommandLine {
  const { options, rest } = readOptions(words, [
    ...commandOptions.map(shapeOf),
    { short: '-h', long: '--help', required: false },
    { short: '-?', long: '--help', required: false },
  ]);
  const given = new Map<string, GivenOption>();
  for (const option of options) {
    if (given.has(option.long)) throw new UsageError(`conflicting command line option ${repr(option.typed)}`);
    given.set(option.long, option);
  }
  if (given.has('--help')) return { action: 'help', configuration: undefined, overrides: {} };
  if (given.has('--version')) return { action: 'version', configuration: undefined, overrides: {} };
  if (given.has('--password-hash'))
    return { action: 'password-hash', configuration: undefined, overrides: {} };
  const overrides: Partial<Record<Setting, SupervisordSettings[Setting]>> = {};
  for (const [key, { read }] of settingOptions) {
    const option = given.get(`--${key}`);
    if (option === undefined) continue;
    overrides[key] =
      option.value === undefined || read === undefined ? true : readValue(option, read, context);
  }
  if (rest.length > 0) {
    throw new UsageError(
      `positional arguments are not supported: [${rest.map((word) => repr(word)).join(', ')}]`,
    );
  }
  const runtimeDirectory = given.get('--check-upgrade')?.value;
  const action = given.has('--check') ? 'check' : 'run';
  return {
    ...(runtimeDirectory === undefined ? { action } : { action: 'check-upgrade', runtimeDirectory }),
    configuration: given.get('--configuration')?.value,
    // Each reader gives the type of its own key: `settingOptions` pairs them.
    overrides: overrides as Partial<SupervisordSettings>,
  };
}

function readValue<T>(option: GivenOption, reader: Reader<T>, context: ReadContext): T {
  const text = option.value ?? '';
  try {
    return reader.read(text, context);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    // A user is looked up after parsing in supervisord, so its text stands alone there.
    if (option.long === '--user') throw new UsageError(error.message);
    throw new UsageError(`invalid value for ${option.typed} ${repr(text)}: ${error.message}`);
  }
}

function shapeOf({ flags, inFull = false }: CommandOption): OptionShape {
  const [, short, long, value] = /^(?:(-\w), )?(--[\w-]+)( <\w+>)?$/.exec(flags) ?? [];
  return { short, long, required: value !== undefined, inFull };
}
