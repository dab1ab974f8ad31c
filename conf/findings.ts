import { type ConfigError, type ConfigErrorPlace, placeText } from './config-error.ts';
import type { LogLevel, Notice } from './settings.ts';

/**
 * What reading a configuration brings up, in the order in which supervisord would come upon it. A section
 * that is read twice, as by two groups or for two processes, reports each thing once.
 */
export class Findings {
  readonly #errors = new Map<string, ConfigError>();
  readonly #notices = new Map<string, Notice>();

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

  /** A warning about a place in a file. */
  warnAt(place: ConfigErrorPlace, text: string): void {
    this.notice('warn', `${placeText(place)}: ${text}`);
  }
}
