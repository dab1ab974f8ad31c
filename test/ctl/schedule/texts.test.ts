import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextText, readRunName, runName } from '../../../ctl/schedule/job-text.ts';
import type { JobInfo, RunInfo } from '../../../ctl/schedule/scheduler-api.ts';
import { distanceText, spanText } from '../../../ctl/schedule/spans.ts';
import { tableLines } from '../../../ctl/schedule/table.ts';
import { countOf, keyValues, quotedWords, readWords } from '../../../ctl/schedule/words.ts';

describe('a span', () => {
  const cases: readonly (readonly [number, string])[] = [
    [-3, '0.0s'],
    [0, '0.0s'],
    [0.44, '0.4s'],
    [9.94, '9.9s'],
    [9.95, '10s'],
    [59.4, '59s'],
    [59.6, '1m'],
    [123, '2m03s'],
    [3599.9, '1h'],
    [3660, '1h01m'],
    [86_399, '23h59m'],
    [86_400, '1d'],
    [187_200, '2d04h'],
    [400 * 86_400, '400d'],
  ];
  for (const [seconds, text] of cases) {
    it(`of ${seconds} seconds is ${text}`, () => expect(spanText(seconds)).toBe(text));
  }

  it('lies ahead or back', () => {
    expect(distanceText(100, 100 + 3 * 3600)).toBe('in 3h');
    expect(distanceText(100 + 3 * 3600, 100)).toBe('3h ago');
  });
});

it('the next run comes when its jitter is over', () => {
  const next = { seconds: 100, iso: '1970-01-01T00:01:40+00:00' };
  const job = { next, due: { ...next, seconds: 130 } } as JobInfo;
  expect(nextText(job, 110)).toBe('1970-01-01T00:01:40+00:00 (in 20s)');
  expect(nextText({ ...job, next: undefined, due: undefined }, 110)).toBe('-');
});

describe('words', () => {
  it('have options in any place', () => {
    const options = { flags: ['--json'], values: ['-n', '--tz'] };
    for (const line of ['a -n 5 b --tz UTC --json', '--json --tz=UTC -n5 a b', 'a b -n=5 --tz UTC --json']) {
      const { names, flags, values } = readWords(line.split(' '), options);
      expect([names, [...flags], Object.fromEntries(values)]).toEqual([
        ['a', 'b'],
        ['--json'],
        { '-n': '5', '--tz': 'UTC' },
      ]);
    }
    expect(readWords(['--', '-x', '--json'], options).names).toEqual(['-x', '--json']);
  });

  it('are refused if they are no options, or lack their values', () => {
    expect(() => readWords(['--jason'], { flags: ['--json'] })).toThrow('bad argument --jason');
    expect(() => readWords(['-n'], { values: ['-n'] })).toThrow('-n needs a value');
    for (const count of ['0', '-1', 'x', '11', '']) {
      const read = readWords([`-n=${count}`], { values: ['-n'] });
      expect(() => countOf(read, { otherwise: 5, most: 10 })).toThrow(
        `-n needs a number from 1 to 10, not ${count}`,
      );
    }
  });

  it('are what the user’s shell has made of them, or are split as it would', () => {
    const argv = ['command=dd if=/a of=/b', 'hour=3'];
    expect(quotedWords({ text: argv.join(' '), words: [], argv })).toEqual(argv);
    expect(quotedWords({ text: `command="dd if=/a of=/b" hour=3`, words: [] })).toEqual(argv);
    expect(() => quotedWords({ text: 'command="dd', words: [] })).toThrow('No closing quotation');
  });

  it('are keys with values, which may be empty or hold what they like', () => {
    expect(Object.fromEntries(keyValues(['a=b=c', 'd=', 'e= f\n']))).toEqual({ a: 'b=c', d: '', e: ' f\n' });
    expect(() => keyValues(['command=dd', 'if'])).toThrow(
      'if is not key=value; a value with blanks needs quotes',
    );
    expect(() => keyValues(['=x'])).toThrow('=x is not key=value');
    expect(() => keyValues(['a=1', 'a=2'])).toThrow('a is given twice');
  });
});

describe('a table', () => {
  it('is as wide as its cells, with nothing at the ends of lines', () => {
    expect(
      tableLines([
        ['A', 'LONG', 'C'],
        ['abc', 'x', ''],
      ]),
    ).toEqual(['A    LONG  C', 'abc  x']);
    expect(tableLines([])).toEqual([]);
  });
});

describe('the name of a run', () => {
  it('is read as it is written', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Z]{1,26}$/), fc.integer({ min: 1, max: 99 }), (id, attempt) => {
        const read = readRunName(runName({ id, attempt } as RunInfo));
        expect([read.id, read.attempt ?? 1]).toEqual([id, attempt]);
      }),
    );
  });
});
