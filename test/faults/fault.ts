/**
 * A fault, injected from outside, whose row in `docs/faults.md` says what a user sees. The test fails when
 * what was seen does not hold every message that the row quotes.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { expect, it } from '@jest/globals';
import { itWhereKernelCan } from '../support/kernel.ts';

export interface FaultRow {
  readonly fault: string;
  /** The messages that the row quotes, `<words>` standing for what differs from case to case. */
  readonly messages: readonly string[];
}

/** The rows of the tables in `docs/faults.md`. */
export function documentedFaults(): readonly FaultRow[] {
  const text = readFileSync(resolve('docs/faults.md'), 'utf8');
  return text.split('\n').flatMap((line) => {
    const [, fault = '', sees = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (!line.startsWith('|') || fault === 'fault' || /^-+$/.test(fault)) return [];
    return [{ fault, messages: [...sees.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message) }];
  });
}

interface FaultOptions {
  /** Only root can bring it about; for others the test is skipped, with that in its name. */
  readonly needsRoot?: boolean;
  /** What this machine lacks for it; then the test is skipped, with that in its name. */
  readonly lacking?: string | undefined;
}

/**
 * Tests the documented fault of this name.
 *
 * @param inject brings it about, checks what comes of it, and returns all that was seen
 */
export function fault(name: string, inject: () => Promise<string>, options: FaultOptions = {}): void {
  const { needsRoot = false, lacking } = options;
  const test = async (): Promise<void> => {
    const row = documentedFaults().find((candidate) => candidate.fault === name);
    if (row === undefined) throw new Error(`docs/faults.md has no row "${name}"`);
    const seen = await inject();
    for (const message of row.messages) expect(seen).toMatch(pattern(message));
  };
  if (needsRoot && process.getuid?.() !== 0) it.skip(`${name} (needs root)`, test);
  else itWhereKernelCan(lacking, name, test);
}

function pattern(message: string): RegExp {
  const parts = message.split(/<[^<>]+>/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(parts.join('.+?'));
}
