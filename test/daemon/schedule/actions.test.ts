import { beforeEach, describe, expect, it } from '@jest/globals';
import { act, type ProgramAction } from '../../../daemon/schedule/actions.ts';
import { groupSettings } from '../../support/process-settings.ts';
import { scheduleGroup } from '../../support/schedule-settings.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

let world: SimulatedWorld;
beforeEach(() => {
  const section = 'program:web';
  world = new SimulatedWorld([
    groupSettings('site', [
      { name: 'web_0', section, startsecs: 0 },
      { name: 'web_1', section, startsecs: 0, autostart: false },
      { name: 'cache', section: 'program:cache', startsecs: 0 },
    ]),
    scheduleGroup('nightly', { section }),
  ]);
});

const web = { type: 'section', section: 'program:web' } as const;

/** What becomes of it, when all that signals have ended is reaped. */
async function outcomeOf(action: ProgramAction) {
  const result = act(world.supervisor, action);
  world.host.reap();
  return await result;
}

describe('an action', () => {
  it('starts all processes of a program that do not run, and none of a schedule', async () => {
    expect(await outcomeOf({ type: 'start', target: web })).toEqual({ outcome: 'SUCCESS' });
    expect(world.host.spawned).toEqual(['web_0', 'cache', 'web_1']);
    expect(await outcomeOf({ type: 'start', target: web })).toMatchObject({ outcome: 'SKIPPED' });
  });

  it('stops and signals what runs', async () => {
    expect(await outcomeOf({ type: 'signal', signal: 1, target: web })).toEqual({ outcome: 'SUCCESS' });
    expect(await outcomeOf({ type: 'stop', target: web })).toEqual({ outcome: 'SUCCESS' });
    expect(world.host.signals.map(({ name, signal }) => [name, signal])).toEqual([
      ['web_0', 1],
      ['web_0', 15],
    ]);
    for (const action of [
      { type: 'stop', target: web } as const,
      { type: 'signal', signal: 1, target: web } as const,
    ]) {
      expect(await outcomeOf(action)).toMatchObject({ outcome: 'SKIPPED' });
    }
  });

  it('restarts what runs, and leaves stopped what somebody has stopped', async () => {
    expect(await outcomeOf({ type: 'restart', target: web })).toEqual({ outcome: 'SUCCESS' });
    expect(world.host.spawned).toEqual(['web_0', 'cache', 'web_0']);
  });

  it('is about a group or one process of it too', async () => {
    await outcomeOf({ type: 'stop', target: { type: 'group', group: 'site' } });
    expect(world.host.signals.map(({ name }) => name).sort()).toEqual(['cache', 'web_0']);
    await outcomeOf({ type: 'start', target: { type: 'process', group: 'site', name: 'cache' } });
    expect(world.host.spawned.at(-1)).toBe('cache');
  });

  it('has failed with the words of the fault when it cannot be done', async () => {
    const gone = { type: 'process', group: 'site', name: 'gone' } as const;
    expect(await outcomeOf({ type: 'start', target: gone })).toEqual({
      outcome: 'FAILED',
      error: 'BAD_NAME: site:gone',
    });
    world.host.child('web_1').resolution = { type: 'no-file', reason: "can't find command 'x'" };
    expect(await outcomeOf({ type: 'start', target: web })).toEqual({
      outcome: 'FAILED',
      error: "can't find command 'x'",
    });
  });
});
