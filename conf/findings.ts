import { ConfigError, type ConfigErrorPlace, placeText } from './config-error.ts';
import type { LogLevel, Notice } from './settings.ts';

/**
 * What reading a configuration brings up, in the order in which supervisord would come upon it. A section
 * that is read twice, as by two groups or for two processes, reports each thing once.
 */
export class Findings {
  readonly #file: string;
  readonly #errors = new Map<string, ConfigError>();
  readonly #notices = new Map<string, Notice>();
  /** What each warning would be as an error. */
  readonly #refusals = new Map<string, ConfigError>();

  /** @param file the main one */
  constructor(file: string) {
    this.#file = file;
  }

  get errors(): readonly ConfigError[] {
    return [...this.#errors.values()];
  }

  get notices(): readonly Notice[] {
    return [...this.#notices.values()];
  }

  error(error: ConfigError): void {
    if (!this.#errors.has(error.message)) this.#errors.set(error.message, error);
  }

  /** A line for the log; one of level `warn` is a warning about the configuration as a whole. */
  notice(level: LogLevel, text: string): void {
    this.#notices.set(text, { level, text });
    if (level === 'warn') this.#refusals.set(text, refusal({ file: this.#file }, text));
  }

  /** A line of level `warn` that tells of nothing wrong, so that `strict` lets it pass. */
  remark(text: string): void {
    this.#notices.set(text, { level: 'warn', text });
  }

  /** A warning about a place in a file. */
  warnAt(place: ConfigErrorPlace, what: string): void {
    this.#warn(place, what, {});
  }

  /** The same about who can change or read what the daemon relies on; its users are told as well. */
  securityWarning(place: ConfigErrorPlace, what: string): void {
    this.#warn(place, what, { concern: 'security' });
  }

  /** Makes every warning an error. */
  refuseWarnings(): void {
    for (const error of this.#refusals.values()) this.error(error);
  }

  #warn(place: ConfigErrorPlace, what: string, details: Pick<Notice, 'concern'>): void {
    const text = `${placeText(place)}: ${what}`;
    this.#notices.set(text, { level: 'warn', text, ...details });
    this.#refusals.set(text, refusal(place, what));
  }
}

function refusal(place: ConfigErrorPlace, what: string): ConfigError {
  const text = `${what} (refused: strict=true)`;
  return new ConfigError(place, text, `${placeText(place)}: ${text}`);
}
