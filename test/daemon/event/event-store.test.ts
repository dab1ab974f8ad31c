import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { EventLedger } from '../../../daemon/event/event-ledger.ts';
import { openEventLedger, unreadableEvents } from '../../../daemon/event/event-store.ts';
import { SerialCounter } from '../../../daemon/event/serial.ts';

let directory: string;
let path: string;
let lines: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'event-store-'));
  path = join(directory, 'events');
  lines = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(bootId = 'boot'): EventLedger {
  const log = (level: string, text: string) => void lines.push(`${level} ${text}`);
  return openEventLedger({ directory, bootId, identifier: 'supervisor', serials: new SerialCounter(), log });
}

function accept(ledger: EventLedger, payload: string): void {
  ledger.accept({ type: 'REMOTE_COMMUNICATION', payload }, ['pool']);
}

function payloads(ledger: EventLedger): string[] {
  return ledger.pool('pool').buffer.map(({ payload }) => payload);
}

it('has everything that was accepted before the daemon was killed', () => {
  // Whatever text there can be, half a surrogate pair included.
  const texts = ['', 'two\nlines', 'gr\u00fc\u00df \u{1f600} \ud83d \u2028 \0', 'x'.repeat(300_000)];
  using killed = open();
  for (const text of texts) accept(killed, text);
  using next = open();
  expect(payloads(next)).toEqual(texts);
  accept(next, 'one more');
  using last = open();
  expect(payloads(last)).toEqual([...texts, 'one more']);
  expect(last.pool('pool').buffer.map(({ serial }) => serial)).toEqual([0, 1, 2, 3, 4]);
  expect(lines).toEqual([]);
});

it('does not have what was being written when the daemon was killed', () => {
  using killed = open();
  accept(killed, 'first');
  accept(killed, 'second');
  writeFileSync(path, readFileSync(path).subarray(0, -5));
  using next = open();
  expect(payloads(next)).toEqual(['first']);
});

for (const [what, reason, damage] of [
  [
    'is damaged',
    'line 2 is damaged',
    (bytes: Buffer) => bytes.fill('x', bytes.indexOf('\n') + 20, bytes.indexOf('\n') + 25),
  ],
  ['is empty', 'it is empty', () => Buffer.alloc(0)],
] as const) {
  it(`is put aside, and all begins anew, when it ${what}`, () => {
    using killed = open();
    accept(killed, 'first');
    writeFileSync(path, damage(readFileSync(path)));
    using next = open();
    expect(payloads(next)).toEqual([]);
    expect(lines).toEqual([
      `error cannot go on with the events in '${path}': ${reason}; the file is put aside, and events are numbered anew`,
    ]);
    expect(existsSync(`${path}.unusable`)).toBe(true);
  });
}

it('begins anew after the machine was started', () => {
  using killed = open();
  accept(killed, 'first');
  using next = open('next boot');
  expect(payloads(next)).toEqual([]);
  expect(lines).toEqual([expect.stringContaining('it is from before the machine was started')]);
});

it('can be asked whether an upgrade could go on with it', () => {
  expect(unreadableEvents(directory, 'boot')).toBeUndefined();
  using _ = open();
  expect(unreadableEvents(directory, 'boot')).toBeUndefined();
  writeFileSync(path, 'garbage\n');
  expect(unreadableEvents(directory, 'boot')).toBe(`cannot use events in '${path}': line 1 is damaged`);
});

it('is readable by its owner only', () => {
  using _ = open();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('is left or removed, as it is told', () => {
  const left = open();
  accept(left, 'first');
  left[Symbol.dispose]();
  expect(existsSync(path)).toBe(true);
  open().forget();
  expect(existsSync(path)).toBe(false);
});

it('stays small when events come and go', () => {
  using ledger = open();
  ledger.change('pool', { type: 'started', listener: 'a' });
  for (let count = 0; count < 3000; count += 1) {
    accept(ledger, 'x'.repeat(1000));
    ledger.change('pool', { type: 'sending', listener: 'a', delivery: { type: 'sent' } });
    const conversation = { state: 'READY' } as const;
    ledger.change('pool', {
      type: 'heard',
      listener: 'a',
      conversation,
      heardUpTo: count,
      verdict: 'handled',
    });
  }
  expect(statSync(path).size).toBeLessThan(300_000);
});
