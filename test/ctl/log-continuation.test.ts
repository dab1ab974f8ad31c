import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogContinuation } from '../../ctl/log-continuation.ts';

/** Shows streams one after the other, each cut into chunks of a size. */
function shown(streams: readonly string[], chunkSize = Number.POSITIVE_INFINITY): string {
  const log = new LogContinuation();
  let text = '';
  for (const stream of streams) {
    log.begin();
    for (let at = 0; at < stream.length; at += chunkSize) {
      text += log.take(Buffer.from(stream.slice(at, at + chunkSize))).toString();
    }
  }
  return text;
}

const numbers = Array.from({ length: 2000 }, (_, index) => `${index}\n`).join('');

it('shows all of the first stream', () => {
  expect(shown(['one\n', ''])).toBe('one\n');
});

it('shows a log that has not grown only once', () => {
  expect(shown(['one\ntwo\n', 'one\ntwo\n', 'one\ntwo\n'])).toBe('one\ntwo\n');
});

it('shows all of a log that has nothing in common with the one before', () => {
  expect(shown(['one\n', 'two\n'])).toBe('one\ntwo\n');
});

it('shows all that has come since when the log has grown by more than is sent again', () => {
  expect(shown([numbers.slice(0, 3000), numbers.slice(5000)])).toBe(
    numbers.slice(0, 3000) + numbers.slice(5000),
  );
});

it('neither loses nor repeats anything of a log that has grown by less than is sent again', () => {
  const growth = fc.array(fc.nat({ max: 1024 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(growth, fc.integer({ min: 16, max: 3000 }), (growths, chunkSize) => {
      const streams: string[] = [];
      let [begin, end] = [0, 0];
      for (const length of growths) {
        end += length;
        streams.push(numbers.slice(begin, end));
        begin = Math.max(0, end - 1024);
      }
      expect(shown(streams, chunkSize)).toBe(numbers.slice(0, end));
    }),
  );
});
