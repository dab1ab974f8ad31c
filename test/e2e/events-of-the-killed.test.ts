import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { pidOf, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const listeners = resolve('test/fixtures/listeners');
const kills = 20;

/** A listener that writes what it receives into the file of its name. */
function recorder(name: string, events: string, ...lines: readonly string[]): string {
  return `[eventlistener:${name}]\ncommand=${listeners}/answers %(here)s/${name} 'RESULT 2\\nOK'\nevents=${events}\nstartsecs=0\nbuffer_size=100000\n${lines.join('\n')}\n`;
}

function textOf(daemon: Daemon, file: string): string {
  const path = join(daemon.dir, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

interface Received {
  readonly serial: number;
  readonly poolSerial: number;
  readonly text: string;
}

/** What a recorder has written, in its order. */
function received(daemon: Daemon, file: string): Received[] {
  return textOf(daemon, file)
    .split(/^(?=ver:3\.0 )/m)
    .filter((text) => text !== '')
    .map((text) => ({ serial: numberIn(text, 'serial'), poolSerial: numberIn(text, 'poolserial'), text }));
}

function numberIn(text: string, key: string): number {
  return Number(new RegExp(` ${key}:(\\d+) `).exec(text)?.[1]);
}

/** The daemon is killed, and the next one takes its place. */
async function replace(daemon: Daemon): Promise<void> {
  daemon.kill('SIGKILL');
  await daemon.ended();
  await daemon.start();
}

it('loses no event when it is killed again and again, and repeats none with another number', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `${recorder('one', 'PROCESS_LOG,SUPERVISOR_STATE_CHANGE')}
${recorder('many', 'PROCESS_LOG', 'numprocs=3', 'process_name=%(process_num)d')}
[program:talks]
command=/bin/sh -c 'n=0; until [ -e %(here)s/enough ]; do n=$((n+1)); echo "<$n>"; sleep 0.005; done; echo "<end>"; exec sleep 1000'
stdout_events_enabled=true
`,
  });
  await waitForState(daemon, 'talks', 'RUNNING');
  await waitForState(daemon, 'one', 'RUNNING');
  const pids = async () =>
    Promise.all(['one', 'many:0', 'many:1', 'many:2'].map((name) => pidOf(daemon, name)));
  const before = await pids();
  for (let count = 0; count < kills; count += 1) {
    // At any moment of what it does.
    await delay(Math.random() * 200);
    await replace(daemon);
  }
  writeFileSync(join(daemon.dir, 'enough'), '');
  for (const file of ['one', 'many']) {
    await waitFor(() => textOf(daemon, file).includes('<end>'), { what: 'the last line', limit: 60_000 });
    const events = received(daemon, file);
    const texts = new Map(events.map(({ poolSerial, text }) => [poolSerial, text]));
    // Each number has been told, and always with the same text.
    expect([...texts.keys()].toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: texts.size }, (_, number) => number),
    );
    for (const { poolSerial, text } of events) expect(text).toBe(texts.get(poolSerial));
    expect(new Set(events.map(({ serial }) => serial)).size).toBe(texts.size);
    // Each line has been told.
    const lines = new Set([...texts.values()].join('').match(/<\d+>/g));
    expect(
      [...lines].toSorted((one, other) => Number(one.slice(1, -1)) - Number(other.slice(1, -1))),
    ).toEqual(Array.from({ length: lines.size }, (_, index) => `<${index + 1}>`));
  }
  const alone = received(daemon, 'one').map(({ poolSerial }) => poolSerial);
  expect(alone).toEqual(alone.toSorted((one, other) => one - other));
  expect(await pids()).toEqual(before);
  expect(daemon.logText()).not.toContain('is stopped and started again');
}, 120_000);
