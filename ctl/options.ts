/**
 * supervisorctl's command line.
 *
 * @see docs/supervisorctl.md, "Options"
 */
import { type OptionShape, readOptions, UsageError } from '../conf/getopt.ts';
import { repr } from '../conf/python-text.ts';
import { isUrl } from './server-url.ts';

/** What the command line says. An option that is not given is missing. */
export interface CtlOptions {
  readonly configuration?: string;
  readonly serverurl?: string;
  readonly username?: string;
  readonly password?: string;
  readonly history_file?: string;
  readonly interactive?: true;
  readonly help?: true;
}

export interface CtlCommandLine {
  readonly options: CtlOptions;
  /** The action and its arguments. */
  readonly action: readonly string[];
}

interface CtlOption extends OptionShape {
  readonly long: `--${keyof CtlOptions}`;
  /** @throws {RangeError} */
  readonly read?: (value: string) => string;
}

/**
 * Every option, as the documentation lists them. A table of our own: this program starts often, and loading commander
 * takes longer than all it does for most commands.
 */
export function program(): { readonly options: readonly CtlOption[] } {
  return { options };
}

const options: readonly CtlOption[] = [
  { short: '-c', long: '--configuration', required: true },
  { short: '-s', long: '--serverurl', required: true, read: readUrl },
  { short: '-u', long: '--username', required: true },
  { short: '-p', long: '--password', required: true },
  { short: '-r', long: '--history_file', required: true },
  { short: '-i', long: '--interactive', required: false },
  { short: '-h', long: '--help', required: false },
];

/**
 * Reads the command line. Options end at the first word that is none: what follows belongs to the action.
 *
 * @param words what follows the command's name
 * @throws {UsageError} with supervisord's text
 */
export function readCommandLine(words: readonly string[]): CtlCommandLine {
  const help: OptionShape = { short: '-?', long: '--help', required: false };
  const { options: given, rest } = readOptions(words, [...options, help]);
  const values = new Map<string, string | true>();
  for (const { long, typed, value } of given) {
    const shape = options.find((candidate) => candidate.long === long);
    const name = long.slice('--'.length);
    if (shape === undefined) continue;
    if (name === 'help') return { options: { help: true }, action: [] };
    if (values.has(name)) throw new UsageError(`conflicting command line option ${repr(typed)}`);
    values.set(name, value === undefined ? true : readValue(shape, typed, value));
  }
  // Each name is one of the table's, and a flag is true.
  return { options: Object.fromEntries(values) as CtlOptions, action: rest };
}

function readValue({ read }: CtlOption, typed: string, value: string): string {
  if (read === undefined) return value;
  try {
    return read(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`invalid value for ${typed} ${repr(value)}: ${error.message}`);
  }
}

function readUrl(value: string): string {
  if (isUrl(value)) return value;
  throw new RangeError(`value ${repr(value)} is not a URL`);
}
