/**
 * An event listener that answers OK at once. For each event it appends a line to the file that it is given: the
 * time at which it had read it, in nanoseconds of the monotonic clock.
 */
import { openSync, readSync, writeSync } from 'node:fs';
import { argv, exit, hrtime } from 'node:process';

const [, , path = ''] = argv;
// Anew, as descriptor 0 does not wait under Node.
const input = openSync('/dev/stdin', 'r');
const record = openSync(path, 'a');
const chunk = Buffer.alloc(65536);
let unread = '';

writeSync(1, 'READY\n');
for (;;) {
  const header = take(lengthOfLine());
  take(Number(/ len:(\d+)/.exec(header)?.[1]));
  writeSync(record, `${hrtime.bigint()}\n`);
  writeSync(1, 'RESULT 2\nOKREADY\n');
}

/** The next `length` characters of the input, which are bytes: events of benchmarks are in ASCII. */
function take(length: number): string {
  while (unread.length < length) readMore();
  const taken = unread.slice(0, length);
  unread = unread.slice(length);
  return taken;
}

function lengthOfLine(): number {
  while (!unread.includes('\n')) readMore();
  return unread.indexOf('\n') + 1;
}

function readMore(): void {
  const count = readSync(input, chunk);
  if (count === 0) exit();
  unread += chunk.toString('latin1', 0, count);
}
