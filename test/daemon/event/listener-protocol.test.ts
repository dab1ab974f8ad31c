import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  busyConversation,
  type Conversation,
  type Finding,
  hear,
  longestResultLine,
  newConversation,
} from '../../../daemon/event/listener-protocol.ts';

/** Findings as short words, and the state in the end. */
function outcomeOf(from: Conversation, text: string): string {
  const { next, findings } = hear(from, Buffer.from(text));
  return [...findings.map(word), next.state].join(' ');
}

function word(finding: Finding): string {
  switch (finding.type) {
    case 'ready':
      return 'ready';
    case 'result':
      return finding.isOk ? 'ok' : 'rejected';
    case 'bad result line':
      return `bad(${finding.line})`;
    case 'unexpected':
      return `unexpected(${finding.state})`;
  }
}

const ready: Conversation = { state: 'READY' };

describe('a listener that is yet to say READY', () => {
  for (const [text, outcome] of [
    ['', 'ACKNOWLEDGED'],
    ['READY', 'ACKNOWLEDGED'],
    ['junk', 'ACKNOWLEDGED'],
    ['READY\n', 'ready READY'],
    ['READY\n\n', 'ready unexpected(READY) UNKNOWN'],
    ['READY\nREADY\n', 'ready unexpected(READY) UNKNOWN'],
    ['\nREADY\n', 'unexpected(ACKNOWLEDGED) UNKNOWN'],
    ['ready\n', 'unexpected(ACKNOWLEDGED) UNKNOWN'],
  ] as const) {
    it(`that says ${JSON.stringify(text)}: ${outcome}`, () =>
      expect(outcomeOf(newConversation, text)).toBe(outcome));
  }
});

it('may say nothing while it is READY', () => {
  expect(outcomeOf(ready, 'x')).toBe('unexpected(READY) UNKNOWN');
});

it('is not listened to any more once it has broken the protocol', () => {
  expect(outcomeOf({ state: 'UNKNOWN' }, 'READY\n')).toBe('UNKNOWN');
});

describe('a listener that handles an event', () => {
  for (const [text, outcome] of [
    ['RESULT 2', 'BUSY'],
    ['RESULT 2\n', 'BUSY'],
    ['RESULT 2\nO', 'BUSY'],
    ['RESULT 2\nOK', 'ok ACKNOWLEDGED'],
    ['RESULT 2\nOKREADY\n', 'ok ready READY'],
    ['RESULT 2\nok', 'rejected ACKNOWLEDGED'],
    ['RESULT 4\nFAIL', 'rejected ACKNOWLEDGED'],
    ['RESULT 3\nOK\n', 'rejected ACKNOWLEDGED'],
    ['RESULT 2\nOK\nREADY\n', 'ok unexpected(ACKNOWLEDGED) UNKNOWN'],
    ['RESULT 0\n', 'rejected ACKNOWLEDGED'],
    ['RESULT 0\nREADY\n', 'rejected ready READY'],
    ['nonsens2\nOK', 'ok ACKNOWLEDGED'],
    ['RESULT  2 \nOK', 'ok ACKNOWLEDGED'],
    ['RESULT +0_2\r\nOK', 'ok ACKNOWLEDGED'],
    ['RESULT\n', 'bad(RESULT) UNKNOWN'],
    ['\n', 'bad() UNKNOWN'],
    ['RESULT two\nOK', 'bad(RESULT two) UNKNOWN'],
    ['RESULT -1\nOK', 'bad(RESULT -1) UNKNOWN'],
    ['RESULT 2.0\nOK', 'bad(RESULT 2.0) UNKNOWN'],
    ['RESULT 2__0\nOK', 'bad(RESULT 2__0) UNKNOWN'],
    ['READY\n', 'bad(READY) UNKNOWN'],
  ] as const) {
    it(`and says ${JSON.stringify(text)}: ${outcome}`, () =>
      expect(outcomeOf(busyConversation, text)).toBe(outcome));
  }

  it('may need as many bytes as it likes for its result, of which few are kept', () => {
    const { next } = hear(busyConversation, Buffer.from(`RESULT 1000001\n${'x'.repeat(1_000_000)}`));
    expect(JSON.stringify(next).length).toBeLessThan(1000);
    expect(outcomeOf(next, 'x')).toBe('rejected ACKNOWLEDGED');
  });

  it('must end the line of its result within bounds', () => {
    const blanks = (count: number) => `RESULT ${' '.repeat(count - 8)}2`;
    expect(outcomeOf(busyConversation, `${blanks(longestResultLine)}\nOK`)).toBe('ok ACKNOWLEDGED');
    expect(outcomeOf(busyConversation, `${blanks(longestResultLine + 1)}\nOK`)).toBe(
      'unexpected(BUSY) UNKNOWN',
    );
    expect(outcomeOf(busyConversation, 'x'.repeat(longestResultLine + 1))).toBe('unexpected(BUSY) UNKNOWN');
  });
});

const starts: readonly Conversation[] = [newConversation, ready, busyConversation];
const anyStart = fc.constantFrom(...starts);
const token = fc.constantFrom(
  'READY\n',
  'RESULT 2\nOK',
  'RESULT 4\nFAIL',
  'RESULT 0\n',
  'RESULT ',
  '1',
  '2\n',
  '\n',
  'x',
);
const anyText = fc
  .array(fc.oneof({ weight: 4, arbitrary: token }, fc.string({ maxLength: 3 })))
  .map((parts) => parts.join(''));

/** The same text in pieces, cut at these places. */
function inPieces(from: Conversation, text: string, cuts: readonly number[]): string {
  const bytes = Buffer.from(text);
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
    (one, other) => one - other,
  );
  const words: string[] = [];
  let conversation = from;
  let start = 0;
  for (const place of places) {
    // A reader uses its buffer again; what was kept must not change with it.
    const piece = Buffer.from(bytes.subarray(start, place));
    const { next, findings } = hear(conversation, piece);
    piece.fill(0);
    words.push(...findings.map(word));
    conversation = next;
    start = place;
  }
  return [...words, conversation.state].join(' ');
}

it('understands the same, wherever its words are split', () => {
  fc.assert(
    fc.property(anyStart, anyText, fc.array(fc.nat(100)), (from, text, cuts) => {
      expect(inPieces(from, text, cuts)).toBe(outcomeOf(from, text));
    }),
    { numRuns: 2000 },
  );
});

it('keeps a bounded part of what it has heard, whatever that is', () => {
  fc.assert(
    fc.property(anyStart, fc.array(fc.uint8Array({ maxLength: 300 }), { size: 'medium' }), (from, chunks) => {
      let conversation = from;
      for (const chunk of chunks) conversation = hear(conversation, Buffer.from(chunk)).next;
      expect(JSON.stringify(conversation).length).toBeLessThan(5 * longestResultLine);
    }),
  );
});
