/** Expansion of `%(name)s` in values: which names exist, and what supervisord says of those that do not. */
import type { DocumentValue } from './dialect.ts';
import { type FormatValue, format } from './format.ts';
import { InvalidValue } from './invalid-value.ts';
import { compareCodePoints, repr } from './python-text.ts';
import type { Environment } from './settings.ts';

/**
 * The names that a value may use. `here` is in every scope: it is the directory of the file that the value
 * stands in, so it comes from the value.
 */
export interface Scope {
  readonly names: ReadonlyMap<string, FormatValue>;
  /** What `%(ENV_X)s` finds. */
  readonly environment: Environment;
}

const environmentPrefix = 'ENV_';

/** How messages speak of a value. */
export interface ValueLabel {
  /** What they call it, such as `program:web.command`. */
  readonly label: string;
  /** Whether they must not repeat it. */
  readonly secret?: boolean | undefined;
}

/**
 * Expands a value once.
 *
 * @throws {InvalidValue} a name is unknown, or the template is malformed
 */
export function expand(
  { value, here }: Pick<DocumentValue, 'value' | 'here'>,
  { label, secret = false }: ValueLabel,
  scope: Scope,
): string {
  const result = format(value, (name) => lookup(name, here, scope));
  if (result.type === 'ok') return result.text;
  const which = `Format string ${secret ? '' : `${repr(value)} `}for ${repr(label)}`;
  // A name that is no variable's is a part of the secret: somebody did not know about percent signs.
  if (secret && !(result.type === 'unknown-name' && result.name.startsWith(environmentPrefix)))
    throw new InvalidValue(`${which} is badly formatted: a percent sign is written %%`);
  if (result.type === 'malformed') throw new InvalidValue(`${which} is badly formatted: ${result.reason}`);
  throw new InvalidValue(
    `${which} contains names (${repr(result.name)}) which cannot be expanded. ` +
      `Available names: ${availableNames(scope).join(', ')}`,
  );
}

function lookup(name: string, here: string, { names, environment }: Scope): FormatValue | undefined {
  if (name === 'here') return here;
  const value = names.get(name);
  if (value !== undefined || !name.startsWith(environmentPrefix)) return value;
  return environment.get(name.slice(environmentPrefix.length));
}

function availableNames({ names, environment }: Scope): string[] {
  const variables = [...environment.keys()].map((name) => environmentPrefix + name);
  return [...new Set(['here', ...names.keys(), ...variables])].sort(compareCodePoints);
}
