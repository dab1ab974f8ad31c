/**
 * supervisorctl's command line.
 *
 * @see docs/supervisorctl.md, "Options"
 */
import { Command, Option } from 'commander';
import { readOptions, UsageError } from '../conf/getopt.ts';
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

/** Every option, as the documentation lists them. */
export function program(): Command {
  return new Command('supervisorctl')
    .helpOption(false)
    .addOption(new Option('-c, --configuration <file>', 'configuration file'))
    .addOption(new Option('-s, --serverurl <url>', 'where supervisord listens').argParser(readUrl))
    .addOption(new Option('-u, --username <name>', 'user name for the server'))
    .addOption(new Option('-p, --password <password>', 'password for the server'))
    .addOption(new Option('-r, --history_file <file>', 'history of the shell'))
    .addOption(new Option('-i, --interactive', 'open the interactive shell'))
    .addOption(new Option('-h, --help', 'print the usage'));
}

/**
 * Reads the command line. Options end at the first word that is none: what follows belongs to the action.
 *
 * @param words what follows the command's name
 * @throws {UsageError} with supervisord's text
 */
export function readCommandLine(words: readonly string[]): CtlCommandLine {
  const { options: shapes } = program();
  const { options, rest } = readOptions(words, [...shapes, { short: '-?', long: '--help', required: false }]);
  const values = new Map<string, unknown>();
  for (const { long, typed, value } of options) {
    const shape = shapes.find((candidate) => candidate.long === long);
    const name = long.slice('--'.length);
    if (shape === undefined) continue;
    if (name === 'help') return { options: { help: true }, action: [] };
    if (values.has(name)) throw new UsageError(`conflicting command line option ${repr(typed)}`);
    values.set(name, value === undefined ? true : readValue(shape, typed, value));
  }
  // Each name is one of `program()`'s, and each value is what its reader returned.
  return { options: Object.fromEntries(values) as CtlOptions, action: rest };
}

function readValue({ parseArg }: Option, typed: string, value: string): unknown {
  if (parseArg === undefined) return value;
  try {
    return parseArg(value, undefined);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`invalid value for ${typed} ${repr(value)}: ${error.message}`);
  }
}

function readUrl(value: string): string {
  if (isUrl(value)) return value;
  throw new RangeError(`value ${repr(value)} is not a URL`);
}
