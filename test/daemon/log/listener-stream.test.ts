import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDescriptors, program, RealHost } from '../../support/real-host.ts';
import { waitFor } from '../../support/wait-for.ts';

const listener = { section: 'eventlistener:web' };
let heard = '';
let world: RealHost;

function newWorld(options: ConstructorParameters<typeof RealHost>[0] = {}): RealHost {
  return new RealHost({
    listenTo: () => ({
      begin() {},
      hear(bytes, offset) {
        expect(offset).toBe(heard.length);
        heard += bytes.toString('latin1');
      },
      heardUpTo: undefined,
    }),
    ...options,
  });
}

beforeEach(() => {
  heard = '';
  world = newWorld();
});
afterEach(async () => world.close());

describe('what a listener writes to stdout', () => {
  it('is heard and logged, its last words too', async () => {
    await world.run("sh -c 'echo READY; echo to stderr >&2; printf last'", listener);
    expect([heard, world.read('out'), world.read('err')]).toEqual([
      'READY\nlast',
      'READY\nlast',
      'to stderr\n',
    ]);
  });

  it('is heard as it is, though escape sequences are kept out of the log', async () => {
    await world.close();
    world = newWorld({ stripAnsi: true });
    await world.run('sh -c \'printf "\\033[31mRED"\'', listener);
    expect([heard, world.read('out')]).toEqual(['\x1b[31mRED', 'RED']);
  });

  it('is shown as bytes in the activity log', async () => {
    await world.close();
    world = newWorld({ debugOutput: true });
    await world.run("sh -c 'echo READY'", listener);
    expect(world.log).toContain("debug 'web' stdout output:\nb'READY\\n'");
  });

  it('is logged whole, however much it is', async () => {
    const length = 5_000_000;
    await world.run(`head -c ${length} /dev/zero`, listener);
    await waitFor(() => world.read('out').length === length, { what: 'the log' });
    expect([heard.length, world.log]).toEqual([length, []]);
  });

  it('is heard to its end when the log takes nothing, and the log says what it missed', async () => {
    const length = 3_000_000;
    await world.run(`head -c ${length} /dev/zero`, { ...listener, stdout: world.channel('/dev/full') });
    expect(heard).toHaveLength(length);
    expect(world.log).toEqual([
      "error cannot write output of 'web' stdout to '/dev/full': ENOSPC; it waits until that works again",
      "error 'web' stdout says more than its log takes; the rest will be missing there",
      expect.stringMatching(
        /^error \d+ bytes of output of 'web' stdout are lost: '\/dev\/full' did not take them$/,
      ),
      expect.stringMatching(/^info \d+ bytes of 'web' stdout are missing from its log$/),
    ]);
    const told = world.log.slice(2).map((line) => Number(/\d+/.exec(line)?.[0]));
    expect(told.reduce((sum, count) => sum + count)).toBe(length);
  });

  it('is only logged when it comes from a grandchild, after the end', async () => {
    const handle = world.prepare(`${program('leaves-a-writer')} ${world.path('go')}`, listener);
    await world.exitOf(world.start(handle));
    handle.finish();
    expect(heard).toBe('written by the child\n');
    writeFileSync(world.path('go'), '');
    await waitFor(() => world.read('out').endsWith('by a grandchild\n'), { what: 'the grandchild' });
    expect(heard).toBe('written by the child\n');
  });
});

it('leaves no descriptor behind', async () => {
  await world.run('true', listener);
  const before = openDescriptors();
  for (let time = 0; time < 3; time += 1) await world.run('echo READY', listener);
  expect(openDescriptors()).toBe(before);
});
