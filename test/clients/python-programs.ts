import { resolve } from 'node:path';
import { execa } from 'execa';

export type Call = readonly [method: string, ...args: unknown[]];

/** What a call of `fixtures/calls-methods` came to. */
export interface Outcome {
  readonly value?: unknown;
  /** What Python has the value for. */
  readonly type?: unknown;
  readonly fault?: number;
  readonly text?: string;
  readonly status?: number;
}

/** Path of one of the programs that use supervisor's Python library, or Python's own. */
export function pythonProgram(name: string): string {
  return resolve('test/clients/fixtures', name);
}

/** Makes calls one after the other; `client` is the first words of `fixtures/calls-methods`. */
export async function callMethods(client: readonly string[], calls: readonly Call[]): Promise<Outcome[]> {
  const { stdout } = await execa(pythonProgram('calls-methods'), client, {
    input: JSON.stringify(calls),
    timeout: 60_000,
  });
  return JSON.parse(stdout);
}
