import { resolve } from 'node:path';

/** Path of one of the small child programs that tests supervise. */
export function program(name: string): string {
  return resolve('test/fixtures/programs', name);
}

/** A `[program:name]` section of these lines. */
export function programSection(name: string, ...lines: readonly string[]): string {
  return `[program:${name}]\n${lines.join('\n')}\n`;
}
