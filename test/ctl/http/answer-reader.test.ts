import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AnswerHead, AnswerReader, HttpSyntaxError } from '../../../ctl/http/answer-reader.ts';

interface ReadAnswer {
  readonly head: AnswerHead;
  readonly body: string;
  readonly isComplete: boolean;
}

/** Reads what comes in the given pieces; with `ends`, the connection ends then. */
function read(pieces: readonly string[], { ends = false } = {}): readonly ReadAnswer[] {
  const answers: { head: AnswerHead; body: string; isComplete: boolean }[] = [];
  const last = () => {
    const answer = answers.at(-1);
    if (answer === undefined) throw new Error('A body before its head');
    return answer;
  };
  const reader = new AnswerReader({
    onHead: (head) => answers.push({ head, body: '', isComplete: false }),
    onBody: (bytes) => {
      last().body += bytes.toString('latin1');
    },
    onEnd: () => {
      last().isComplete = true;
    },
  });
  for (const piece of pieces) reader.take(Buffer.from(piece, 'latin1'));
  if (ends) reader.end();
  return answers;
}

const kept = { status: 200, reason: 'OK', keepsConnection: true };

describe('an HTTP answer', () => {
  const cases: readonly (readonly [string, string, readonly ReadAnswer[]])[] = [
    [
      'with a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      [{ head: kept, body: 'hello', isComplete: true }],
    ],
    [
      'with an empty body',
      'HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n',
      [{ head: kept, body: '', isComplete: true }],
    ],
    [
      'that is not complete',
      'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello',
      [{ head: kept, body: 'hello', isComplete: false }],
    ],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nB ; x=y\r\n, my world\n\r\n0\r\n\r\n',
      [{ head: kept, body: 'hello, my world\n', isComplete: true }],
    ],
    [
      'in chunks, with lines behind them',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n',
      [{ head: kept, body: 'a', isComplete: true }],
    ],
    [
      'up to the end of the connection',
      'HTTP/1.0 200 OK\r\n\r\nhello',
      [{ head: { ...kept, keepsConnection: false }, body: 'hello', isComplete: true }],
    ],
    [
      'of an HTTP/1.0 server that keeps the connection',
      'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na',
      [{ head: kept, body: 'a', isComplete: true }],
    ],
    [
      'of an HTTP/1.1 server that does not',
      'HTTP/1.1 401 Unauthorized\r\nContent-Length: 1\r\nConnection: close\r\n\r\na',
      [
        {
          head: { status: 401, reason: 'Unauthorized', keepsConnection: false },
          body: 'a',
          isComplete: true,
        },
      ],
    ],
    [
      'without words',
      'HTTP/1.1 204\r\n\r\n',
      [{ head: { status: 204, reason: '', keepsConnection: true }, body: '', isComplete: true }],
    ],
    [
      'after an interim one',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na',
      [{ head: kept, body: 'a', isComplete: true }],
    ],
    [
      'after another one',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb',
      [
        { head: kept, body: 'a', isComplete: true },
        { head: kept, body: 'b', isComplete: true },
      ],
    ],
  ];
  for (const [what, bytes, expected] of cases) {
    it(`${what} is read`, () => expect(read([bytes], { ends: true })).toEqual(expected));

    it(`${what} is read the same in whatever pieces it comes`, () => {
      fc.assert(
        fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
          const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
          const pieces = places.slice(1).map((end, index) => bytes.slice(places[index], end));
          expect(read(pieces, { ends: true })).toEqual(expected);
        }),
      );
    });
  }

  const nonsense: readonly (readonly [string, string])[] = [
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['a status of words', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['a header line without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a length in hexadecimal', 'HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['an encoding that it was not asked for', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['a chunk without a length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\na'],
    ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n'],
    ['a line without an end', 'x'.repeat(70_000)],
  ];
  for (const [what, bytes] of nonsense) {
    it(`is not ${what}`, () => expect(() => read([bytes])).toThrow(HttpSyntaxError));
  }
});
