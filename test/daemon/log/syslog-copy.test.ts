import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { discardSink } from '../../../daemon/log/discard.ts';
import { neverRotate, type Sink } from '../../../daemon/log/sink.ts';
import { SyslogCopy } from '../../../daemon/log/syslog-copy.ts';

const ENOSPC = 28;
const output = Array.from({ length: 300 }, (_, number) => `${number}\n`).join('');

it('gives syslog each line once and at once, whatever its sink takes and whatever is dropped', () => {
  const offers = fc.array(
    fc.record({
      length: fc.integer({ min: 1, max: 30 }),
      taken: fc.oneof(fc.constant(-ENOSPC), fc.integer({ min: 0, max: 30 })),
      dropped: fc.integer({ min: 0, max: 5 }),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(offers, (all) => {
      const lines: string[] = [];
      const syslog = {
        isFull: false,
        onRoom: () => () => {},
        send: (line: Buffer) => void lines.push(line.toString()),
      };
      let takes = 0;
      const sink: Sink = { ...discardSink, write: (bytes) => Math.min(takes, bytes.length) };
      const copy = new SyslogCopy(sink, syslog, 'web');
      copy.hold();
      let position = 0;
      let furthest = 0;
      for (const { length, taken, dropped } of all) {
        takes = taken;
        furthest = Math.max(furthest, position + length);
        position += Math.max(
          0,
          copy.write(Buffer.from(output.slice(position, position + length)), neverRotate),
        );
        copy.skip(Buffer.from(output.slice(position, position + dropped)));
        position += dropped;
        furthest = Math.max(furthest, position);
        const whole = output.slice(0, furthest).split('\n').slice(0, -1);
        expect(lines).toEqual(whole.map((line) => `web ${line}`));
      }
    }),
  );
});
