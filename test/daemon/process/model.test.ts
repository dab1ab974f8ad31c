import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ProcessSettings } from '../../../conf/settings.ts';
import { groupSettings } from '../../support/process-settings.ts';
import { exitStatus, ignoreAllButKill, signalStatus } from '../../support/simulated-host.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

/** Waits at the boundaries of the settings below, just short of them and one step past. */
const boundaries = [0, 1, 2, 3].flatMap((seconds) => [seconds - 0.001, seconds, seconds + 0.001]);

const anyHappening = fc.oneof(
  fc.record({ type: fc.constant('wait' as const), seconds: fc.constantFrom(...boundaries.slice(1)) }),
  fc.record({ type: fc.constant('exit' as const), code: fc.constantFrom(0, 1) }),
  fc.record({ type: fc.constantFrom('start' as const, 'stop' as const), waits: fc.boolean() }),
  fc.record({ type: fc.constant('signal' as const), signal: fc.constantFrom(1, 9, 15) }),
  fc.record({ type: fc.constant('spawning' as const), works: fc.boolean() }),
  fc.record({ type: fc.constant('signalling' as const), works: fc.boolean() }),
  fc.record({ type: fc.constant('obedience' as const), to: fc.constantFrom(0, 9, 15) }),
  fc.record({ type: fc.constant('wall clock' as const), step: fc.constantFrom(-1e6, -1, 1, 1e6) }),
  fc.constant({ type: 'reap' as const }),
  fc.constant({ type: 'update' as const }),
  fc.record({ type: fc.constant('tree' as const), isAlive: fc.boolean() }),
  fc.constant({ type: 'stray exit' as const }),
  fc.constant({ type: 'throw' as const }),
);
type Happening = typeof anyHappening extends fc.Arbitrary<infer T> ? T : never;

const anySettings: fc.Arbitrary<Partial<ProcessSettings>> = fc.record({
  autostart: fc.boolean(),
  autorestart: fc.constantFrom('always', 'unexpected', 'never'),
  startsecs: fc.constantFrom(0, 1, 2),
  startretries: fc.constantFrom(0, 1, 3),
  stopwaitsecs: fc.constantFrom(0, 1, 2),
  stopasgroup: fc.boolean(),
  killasgroup: fc.boolean(),
  killmode: fc.constantFrom(undefined, undefined, 'tree', 'cgroup'),
});

/** One process `p`, and a fate to play with it. */
class Fate {
  readonly world: SimulatedWorld;
  readonly #settings: Partial<ProcessSettings>;
  /** Children that were out of reach when their group was removed: no longer ours to count. */
  readonly #abandoned = new Set<number>();

  constructor(settings: Partial<ProcessSettings>) {
    this.#settings = { ...settings, name: 'p' };
    this.world = new SimulatedWorld([groupSettings('g', [this.#settings])]);
  }

  /** Living children of the process as it is configured now. */
  get liveChildren(): number {
    return [...this.world.host.live.keys()].filter((pid) => !this.#abandoned.has(pid)).length;
  }

  /** The child has ended as it was told to, and others of its tree have not. */
  get isTreeStopping(): boolean {
    const { state, pid } = this.world.view('p', 'g');
    return state === 'STOPPING' && pid === 0 && this.world.host.child('p').hasTree;
  }

  play(happening: Happening): void {
    const { host, clock, supervisor } = this.world;
    const child = host.child('p');
    const process = this.world.process('p', 'g');
    switch (happening.type) {
      case 'wait':
        clock.advance(happening.seconds);
        return;
      case 'exit':
        host.exit('p', exitStatus(happening.code));
        return;
      case 'start':
        void supervisor.start(process, { until: happening.waits ? 'running' : 'spawned' });
        return;
      case 'stop':
        void supervisor.stop(process, { until: happening.waits ? 'stopped' : 'signalled' });
        return;
      case 'signal':
        void supervisor.signal(process, happening.signal);
        return;
      case 'spawning':
        child.spawnFailure = happening.works ? undefined : 'no';
        return;
      case 'signalling':
        child.killFailure = happening.works ? undefined : 'no';
        return;
      case 'obedience':
        child.onSignal = (signal) =>
          signal === 9 || signal === happening.to ? signalStatus(signal) : undefined;
        return;
      case 'wall clock':
        clock.stepWallClock(happening.step);
        return;
      case 'reap':
        void host.reap();
        return;
      case 'update': {
        const pid = child.pid;
        if (supervisor.removeGroup('g') === 'still-running') return;
        if (pid !== undefined) this.#abandoned.add(pid);
        supervisor.addGroup(groupSettings('g', [this.#settings]));
        return;
      }
      case 'tree':
        if (!happening.isAlive) host.endTree('p');
        else if (child.pid !== undefined) child.hasTree = true;
        return;
      case 'stray exit':
        host.exitPid(99_999, exitStatus(0));
        return;
      case 'throw':
        child.onFinish = () => {
          throw new Error('finish');
        };
        return;
      default:
        happening satisfies never;
    }
  }
}

it('never has two children alive, whatever happens and in whatever order', () => {
  fc.assert(
    fc.property(
      anySettings,
      fc.array(anyHappening, { size: 'large', maxLength: 200 }),
      (settings, happenings) => {
        const fate = new Fate(settings);
        for (const happening of happenings) {
          fate.play(happening);
          expect(fate.liveChildren).toBeLessThanOrEqual(1);
          const { state, pid } = fate.world.view('p', 'g');
          expect(fate.liveChildren).toBe(pid === 0 ? 0 : 1);
          const mayHaveChild = ['STARTING', 'RUNNING', 'STOPPING', 'UNKNOWN'].includes(state);
          if (!mayHaveChild) expect(pid).toBe(0);
          // STARTING is without a child while the next one waits for the event loop's next turn.
          else if (state !== 'STARTING' && !fate.isTreeStopping) expect(pid).not.toBe(0);
        }
      },
    ),
    { numRuns: 300 },
  );
});

it('is stopping for as long as others of its tree are alive, where the tree is to be stopped', () => {
  fc.assert(
    fc.property(
      anySettings,
      fc.array(anyHappening, { size: 'large', maxLength: 200 }),
      (settings, happenings) => {
        const fate = new Fate({ ...settings, killmode: 'tree' });
        for (const happening of happenings) {
          const before = fate.world.view('p', 'g').state;
          fate.play(happening);
          const after = fate.world.view('p', 'g').state;
          const isStopped = before === 'STOPPING' && !['STOPPING', 'UNKNOWN'].includes(after);
          if (isStopped && happening.type !== 'update')
            expect(fate.world.host.child('p').hasTree).toBe(false);
        }
      },
    ),
    { numRuns: 300 },
  );
});

it('never signals what has been reaped, whose pid may be that of another by then', () => {
  fc.assert(
    fc.property(
      anySettings,
      fc.array(anyHappening, { size: 'large', maxLength: 200 }),
      (settings, happenings) => {
        const fate = new Fate(settings);
        for (const happening of happenings) fate.play(happening);
        const { signals } = fate.world.host;
        // The host knows no name for a pid that is not, or no longer, that of a child. What is left of a tree it knows
        // by more than a pid.
        expect(signals.filter(({ name, to }) => name === '' && to !== 'tree')).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

it('has at most one timer armed, and none in a state that nothing but others will change', () => {
  fc.assert(
    fc.property(
      anySettings,
      fc.array(anyHappening, { size: 'large', maxLength: 100 }),
      (settings, happenings) => {
        const fate = new Fate(settings);
        for (const happening of happenings) {
          fate.play(happening);
          const { state } = fate.world.view('p', 'g');
          const waits = ['STARTING', 'BACKOFF', 'STOPPING'].includes(state);
          expect(fate.world.clock.armedTimers).toBe(waits ? 1 : 0);
        }
      },
    ),
    { numRuns: 200 },
  );
});

it('shuts down completely from any situation, and spawns nothing on the way', () => {
  const afterwards = anyHappening.filter(({ type }) => type !== 'signalling' && type !== 'obedience');
  fc.assert(
    fc.property(
      anySettings,
      fc.array(anyHappening, { size: 'large', maxLength: 60 }),
      fc.array(afterwards, { maxLength: 20 }),
      fc.constantFrom('exit' as const, 'restart' as const),
      (settings, before, meanwhile, next) => {
        const fate = new Fate(settings);
        const { world } = fate;
        // It stops first, and slowly, so that much can happen to the other meanwhile.
        world.supervisor.addGroup(groupSettings('last', [{ name: 'slow', stopwaitsecs: 5 }], 1_000));
        world.host.child('slow').onSignal = ignoreAllButKill;
        for (const happening of before) fate.play(happening);
        fate.play({ type: 'signalling', works: true });
        fate.play({ type: 'obedience', to: 0 });
        const spawnedBefore = world.host.spawned.length;
        world.supervisor.shutDown(next);
        for (const happening of meanwhile) fate.play(happening);
        for (let second = 0; second < 10; second += 1) {
          world.clock.advance(1);
          world.host.reap();
        }
        expect(world.finished).toEqual([next]);
        expect(world.host.spawned).toHaveLength(spawnedBefore);
        expect(world.clock.armedTimers).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});

it('goes the same way whatever the wall clock does', () => {
  const withoutSteps = fc.array(
    anyHappening.filter(({ type }) => type !== 'wall clock'),
    { size: 'large', maxLength: 60 },
  );
  fc.assert(
    fc.property(
      anySettings,
      withoutSteps,
      fc.array(fc.constantFrom(-1e9, -3, 3, 1e9)),
      (settings, happenings, steps) => {
        const calm = new Fate(settings);
        const stepped = new Fate(settings);
        happenings.forEach((happening, index) => {
          const step = steps[index % Math.max(1, steps.length)];
          if (step !== undefined) stepped.world.clock.stepWallClock(step);
          calm.play(happening);
          stepped.play(happening);
        });
        const told = ({ world }: Fate) => world.lines.map((line) => line.replace(/\n.*/s, ''));
        expect(told(stepped)).toEqual(told(calm));
        expect(stepped.world.host.happenings).toEqual(calm.world.host.happenings);
      },
    ),
    { numRuns: 100 },
  );
});
