/** Which part of a log to read, as the server's read methods take it. */
export interface LogRange {
  readonly offset: number;
  readonly length: number;
}

/** What a modifier of `tail` and `maintail` asks for. */
export type TailModifier = { readonly type: 'follow' } | { readonly type: 'read'; readonly range: LogRange };

/** Without a modifier: the last 1600 bytes. */
export const defaultRange: LogRange = { offset: -1600, length: 0 };

/**
 * Reads `-f` or `-N`, the last N bytes; `-0` is the whole log.
 *
 * @returns `undefined` for anything else
 */
export function parseTailModifier(word: string): TailModifier | undefined {
  if (word === '-f') return { type: 'follow' };
  const digits = /^-(?<digits>\d{1,10})$/.exec(word)?.groups?.['digits'];
  // 0 - 0 and not -0, which has no place on the wire.
  return digits === undefined
    ? undefined
    : { type: 'read', range: { offset: 0 - Number(digits), length: 0 } };
}
