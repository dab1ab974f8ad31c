import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { eventTypes } from '../../../conf/event-types.ts';
import { envelope } from '../../../daemon/event/envelope.ts';
import { subscription } from '../../../daemon/event/subscription.ts';

describe('a pool that asks for', () => {
  for (const [names, types] of [
    [['TICK'], ['TICK_5', 'TICK_60', 'TICK_3600']],
    [['TICK_5'], ['TICK_5']],
    [['PROCESS_LOG'], ['PROCESS_LOG_STDOUT', 'PROCESS_LOG_STDERR']],
    [['PROCESS_GROUP'], ['PROCESS_GROUP_ADDED', 'PROCESS_GROUP_REMOVED']],
    [['REMOTE_COMMUNICATION'], ['REMOTE_COMMUNICATION']],
    [
      ['PROCESS_STATE_EXITED', 'PROCESS_STATE_FATAL'],
      ['PROCESS_STATE_EXITED', 'PROCESS_STATE_FATAL'],
    ],
    [
      ['TICK_60', 'TICK'],
      ['TICK_5', 'TICK_60', 'TICK_3600'],
    ],
    [[], []],
  ] as const) {
    it(`${names.join(' and ') || 'nothing'} receives ${types.join(', ') || 'nothing'}`, () => {
      expect([...subscription(names)]).toEqual(types);
    });
  }

  it('EVENT receives everything, and no abstract type', () => {
    const all = subscription(['EVENT']);
    expect(all.size).toBe(37);
    for (const name of ['EVENT', 'PROCESS_STATE', 'TICK', 'PROCESS_LOG'])
      expect([...all]).not.toContain(name);
    expect([...subscription(['PROCESS_STATE'])]).toHaveLength(8);
  });
});

describe('the length in an envelope', () => {
  const header = { server: 's', serial: 7, pool: 'p', poolserial: 3, eventname: 'TICK_5' };

  it('counts code points', () => {
    for (const [payload, length] of [
      ['', 0],
      ['abc', 3],
      ['äöü€', 4],
      ['😀!', 2],
      ['a\u0301', 2],
    ] as const) {
      expect(envelope(header, payload)).toBe(
        `ver:3.0 server:s serial:7 pool:p poolserial:3 eventname:TICK_5 len:${length}\n${payload}`,
      );
    }
  });
});

it('has every type it can be for in docs/events.md, abstract ones in italics', () => {
  const page = readFileSync('docs/events.md', 'utf8');
  const concrete: ReadonlySet<string> = subscription(['EVENT']);
  const rows = page
    .split('\n')
    .flatMap((line) => /^\| (\*?[A-Z][^|]*) \|/.exec(line)?.[1]?.split(', ') ?? []);
  expect(rows.sort()).toEqual(eventTypes.map((type) => (concrete.has(type) ? type : `*${type}*`)).sort());
});
