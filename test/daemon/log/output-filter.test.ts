import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { beginToken, endToken } from '../../../daemon/log/capture.ts';
import { ChannelFilter } from '../../../daemon/log/output-filter.ts';

interface Outcome {
  readonly log: string;
  /** What was told, in order; what was logged or captured without a pause is one entry. */
  readonly told: readonly string[];
}

/** Runs chunks through a filter, and ends the output. */
function filter(
  chunks: readonly string[],
  { stripAnsi = false, maxbytes = 1000, watching = true } = {},
): Outcome {
  const told: string[] = [];
  const tell = (what: string, bytes: Buffer): void => {
    if (told.at(-1)?.startsWith(`${what} `)) told.push(`${told.pop()}${bytes}`);
    else told.push(`${what} ${bytes}`);
  };
  const filter = new ChannelFilter({
    stripAnsi,
    captureMaxbytes: maxbytes,
    observer: {
      isWatching: () => watching,
      logged: (bytes) => tell('logged', bytes),
      capturing: (bytes) => tell('capturing', bytes),
      captured: ({ data, dropped }) => told.push(`message ${data} after ${dropped}`),
      unfinished: ({ data, dropped }) => told.push(`unfinished ${data} after ${dropped}`),
    },
  });
  const output = chunks.map((chunk) => filter.push(Buffer.from(chunk)).toString());
  return { log: output.join('') + filter.flush().toString(), told };
}

describe('ChannelFilter', () => {
  it('tells what is logged and what is captured in the order in which it came', () => {
    expect(filter([`one ${beginToken}two${endToken} three`])).toEqual({
      log: 'one  three',
      told: ['logged one ', 'capturing two', 'message two after 0', 'logged  three'],
    });
  });

  it('keeps the last bytes of a message that is too large, and says how many went before', () => {
    expect(filter([`${beginToken}12345`, `6789${endToken}`], { maxbytes: 4 }).told).toEqual([
      'capturing 123456789',
      'message 6789 after 5',
    ]);
  });

  it('gives a message without end to the log', () => {
    expect(filter([`a${beginToken}12345<!--XSUPERVISOR:EN`])).toEqual({
      log: 'a12345<!--XSUPERVISOR:EN',
      told: ['logged a', 'capturing 12345<!--XSUPERVISOR:EN', 'unfinished 12345<!--XSUPERVISOR:EN after 0'],
    });
  });

  it('gives the last bytes of a message without end to the log when it is too large', () => {
    expect(filter([beginToken.toString(), '12345', '6789'], { maxbytes: 4 })).toEqual({
      log: '6789',
      told: ['capturing 123456789', 'unfinished 6789 after 5'],
    });
  });

  it('begins the next output outside of capture mode', () => {
    const told: string[] = [];
    const observer = {
      isWatching: () => true,
      logged: (bytes: Buffer) => told.push(`logged ${bytes}`),
      capturing() {},
      captured() {},
      unfinished() {},
    };
    const filter = new ChannelFilter({ stripAnsi: false, captureMaxbytes: 10, observer });
    filter.push(Buffer.from(`${beginToken}lost`));
    filter.flush();
    expect(filter.push(Buffer.from('next')).toString()).toBe('next');
    expect(told).toEqual(['logged next']);
  });

  it('removes escape sequences from log and messages alike, none of which reaches over a token', () => {
    const text = `\x1b[1mA\x1b${beginToken}\x1b[3mtwo\x1b[3${endToken}1mC`;
    expect(filter([text], { stripAnsi: true })).toEqual({
      log: 'A\x1b1mC',
      told: ['logged A\x1b', 'capturing two', 'message two after 0', 'logged 1mC'],
    });
  });

  it('makes and tells the same of any output however it is cut into chunks', () => {
    const piece = fc.constantFrom(`${beginToken}`, `${endToken}`, '\x1b[1m', '\x1b', '[3', 'text', '<!--');
    const options = { stripAnsi: true, maxbytes: 12 };
    fc.assert(
      fc.property(fc.array(piece, { size: 'medium' }), fc.array(fc.nat(30)), (pieces, lengths) => {
        const text = pieces.join('');
        const chunks: string[] = [];
        let start = 0;
        for (const length of lengths) {
          chunks.push(text.slice(start, start + length));
          start += length;
        }
        expect(filter([...chunks, text.slice(start)], options)).toEqual(filter([text], options));
      }),
    );
  });

  it('is not needed while nobody watches and there is nothing to change', () => {
    const observer = { isWatching: () => false, logged() {}, capturing() {}, captured() {}, unfinished() {} };
    const needed = (stripAnsi: boolean, captureMaxbytes: number): boolean =>
      new ChannelFilter({ stripAnsi, captureMaxbytes, observer }).isNeeded();
    expect([needed(false, 0), needed(true, 0), needed(false, 1)]).toEqual([false, true, true]);
  });
});
