import { ConfigError, type ConfigErrorPlace, placeText } from './config-error.ts';
import type { LogLevel, Notice } from './settings.ts';

/**
 * What reading a configuration brings up, in the order in which supervisord would come upon it. A section
 * that is read twice, as by two groups or for two processes, reports each thing once.
 */
export class Findings {
  readonly #errors = new Map<string, ConfigError>();
  readonly #notices = new Map<string, Notice>();
  /** What each warning would be as an error. */
  readonly #refusals = new Map<string, ConfigError>();

  get errors(): readonly ConfigError[] {
    return [...this.#errors.values()];
  }

  get notices(): readonly Notice[] {
    return [...this.#notices.values()];
  }

  error(error: ConfigError): void {
    if (!this.#errors.has(error.message)) this.#errors.set(error.message, error);
  }

  notice(level: LogLevel, text: string): void {
    this.#notices.set(text, { level, text });
  }

  /** A warning that has no place of its own in `file`. */
  warn(file: string, text: string): void {
    this.notice('warn', text);
    this.#refusals.set(text, refusal({ file }, text));
  }

  /** A warning about a place in a file. */
  warnAt(place: ConfigErrorPlace, what: string): void {
    const text = `${placeText(place)}: ${what}`;
    this.notice('warn', text);
    this.#refusals.set(text, refusal(place, what));
  }

  /** The same about who can change or read what the daemon relies on; its users are told as well. */
  securityWarning(place: ConfigErrorPlace, what: string): void {
    this.warnAt(place, what);
    const text = `${placeText(place)}: ${what}`;
    this.#notices.set(text, { level: 'warn', text, concern: 'security' });
  }

  /** Makes every warning an error. Notices of that level which tell of nothing wrong stay what they are. */
  refuseWarnings(): void {
    for (const error of this.#refusals.values()) this.error(error);
  }
}

function refusal(place: ConfigErrorPlace, what: string): ConfigError {
  const text = `${what} (refused: strict=true)`;
  return new ConfigError(place, text, `${placeText(place)}: ${text}`);
}
