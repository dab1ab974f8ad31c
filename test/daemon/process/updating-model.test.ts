import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { unchangedProcesses } from '../../../conf/diff.ts';
import type { GroupSettings } from '../../../conf/settings.ts';
import type { SupervisedProcess } from '../../../daemon/process/control.ts';
import { groupSettings } from '../../support/process-settings.ts';
import { exitStatus, ignoreAllButKill, signalStatus } from '../../support/simulated-host.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

const names = ['p0', 'p1', 'p2', 'p3'] as const;
const anyName = fc.constantFrom(...names);

/** Any configuration of the group: some of the processes, in any order, each in one of a few versions. */
const anyConfiguration: fc.Arbitrary<GroupSettings> = fc
  .record({
    priority: fc.constantFrom(1, 999),
    processes: fc.uniqueArray(
      fc.record({
        name: anyName,
        startretries: fc.constantFrom(1, 2),
        priority: fc.constantFrom(1, 999),
        autostart: fc.boolean(),
        autorestart: fc.constantFrom('always' as const, 'never' as const),
        stopwaitsecs: fc.constantFrom(0, 2),
      }),
      { selector: ({ name }) => name },
    ),
  })
  .map(({ priority, processes }) => groupSettings('g', processes, priority));

const anyHappening = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('update' as const), next: anyConfiguration }) },
  fc.record({ type: fc.constantFrom('start' as const, 'stop' as const, 'exit' as const), name: anyName }),
  fc.record({ type: fc.constant('obedience' as const), name: anyName, obeys: fc.boolean() }),
  fc.record({ type: fc.constant('reach' as const), name: anyName, within: fc.boolean() }),
  fc.record({ type: fc.constant('wait' as const), seconds: fc.constantFrom(0.5, 2, 3) }),
  fc.constant({ type: 'reap' as const }),
  fc.constant({ type: 'remove and add' as const }),
);
type Happening = typeof anyHappening extends fc.Arbitrary<infer T> ? T : never;

/** The group `g`, which is updated again and again while other things happen to it. */
class UpdatedGroup {
  readonly world: SimulatedWorld;
  /** What was asked for last. */
  wanted: GroupSettings;
  /** Updates that are not answered yet. */
  pending = 0;
  /** Children that were out of reach when their group was removed: no longer ours to count. */
  readonly #abandoned = new Set<number>();

  constructor(settings: GroupSettings) {
    this.wanted = settings;
    this.world = new SimulatedWorld([settings]);
  }

  get members(): ReadonlyMap<string, SupervisedProcess> {
    return this.world.supervisor.groups.get('g')?.processes ?? new Map();
  }

  async play(happening: Happening): Promise<void> {
    const { host, clock, supervisor } = this.world;
    switch (happening.type) {
      case 'update':
        this.#update(happening.next);
        break;
      case 'start':
      case 'stop': {
        const process = this.members.get(happening.name);
        if (process === undefined) break;
        if (happening.type === 'start') void supervisor.start(process, { until: 'spawned' });
        else void supervisor.stop(process, { until: 'stopped' });
        break;
      }
      case 'exit': {
        const pid = this.members.get(happening.name)?.view().pid ?? 0;
        if (pid !== 0) host.exitPid(pid, exitStatus(0));
        break;
      }
      case 'obedience':
        for (const child of this.#liveChildren(happening.name)) {
          child.onSignal = happening.obeys ? (signal) => signalStatus(signal) : ignoreAllButKill;
        }
        break;
      case 'reach':
        for (const child of this.#liveChildren(happening.name)) {
          child.killFailure = happening.within ? undefined : 'EPERM';
        }
        break;
      case 'wait':
        clock.advance(happening.seconds);
        break;
      case 'reap':
        host.reap();
        break;
      case 'remove and add':
        this.#removeAndAdd();
        break;
      default:
        happening satisfies never;
    }
    // Lets the answers of updates arrive.
    await Promise.resolve();
    await Promise.resolve();
  }

  /** Makes every child obey, and lets time pass until nothing is on its way any more. */
  async settle(): Promise<void> {
    const { host, clock } = this.world;
    // Of those without a child too: the next one would be what the last one was.
    for (const child of [...host.live.values(), ...host.children.values()]) {
      child.onSignal = (signal) => signalStatus(signal);
      child.killFailure = undefined;
    }
    for (const [pid] of host.live) {
      const isLost = [...this.members.values()].some((process) => {
        const view = process.view();
        return view.pid === pid && view.state === 'UNKNOWN';
      });
      if (isLost) host.exitPid(pid, exitStatus(0));
    }
    for (let second = 0; second < 10; second += 1) {
      clock.advance(1);
      host.reap();
      await Promise.resolve();
    }
  }

  checkChildren(): void {
    const alive = [...this.world.host.live].filter(([pid]) => !this.#abandoned.has(pid));
    const withChild = [...this.members.values()].filter((process) => process.view().pid !== 0);
    // Each living child is that of one member, and the other way round: so no process has two.
    expect(alive.map(([pid]) => pid).sort()).toEqual(withChild.map((process) => process.view().pid).sort());
  }

  #update(next: GroupSettings): void {
    const { host, supervisor } = this.world;
    const active = supervisor.groups.get('g')?.settings;
    const before = new Map(this.members);
    const signalled = host.signals.length;
    const spawned = host.spawned.length;
    const isFirst = this.pending === 0;
    this.pending += 1;
    this.wanted = next;
    void supervisor.updateGroup(next).then(() => {
      this.pending -= 1;
    });
    if (!isFirst || active === undefined) return;
    const staying = unchangedProcesses(active, next);
    for (const name of staying) expect(this.members.get(name)).toBe(before.get(name));
    for (const { name } of host.signals.slice(signalled)) expect(staying).not.toContain(name);
    for (const name of host.spawned.slice(spawned)) expect(staying).not.toContain(name);
  }

  #removeAndAdd(): void {
    const { supervisor } = this.world;
    const out = [...this.members.values()].map((process) => process.view().pid).filter((pid) => pid !== 0);
    if (supervisor.removeGroup('g') === 'still-running') return;
    for (const pid of out) this.#abandoned.add(pid);
    supervisor.addGroup(this.wanted);
  }

  #liveChildren(name: string) {
    return [...this.world.host.live.values()].filter((child) => child.settings.name === name);
  }
}

it('never has two children of one process, and ends as the last configuration says', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyConfiguration,
      fc.array(anyHappening, { size: 'large', maxLength: 80 }),
      anyConfiguration,
      async (first, happenings, last) => {
        const group = new UpdatedGroup(first);
        for (const happening of happenings) {
          await group.play(happening);
          group.checkChildren();
        }
        await group.settle();
        await group.play({ type: 'update', next: last });
        await group.settle();
        group.checkChildren();
        expect(group.pending).toBe(0);
        expect(group.world.supervisor.groups.get('g')?.settings).toEqual(last);
        expect([...group.members.keys()]).toEqual(last.processes.map(({ name }) => name));
        for (const process of group.members.values()) {
          const { state, pid } = process.view();
          expect(['STOPPED', 'EXITED', 'FATAL', 'RUNNING']).toContain(state);
          expect(pid !== 0).toBe(state === 'RUNNING');
        }
        // Nothing is left that would wake the daemon.
        expect(group.world.clock.armedTimers).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
