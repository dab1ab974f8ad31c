/** A scheduler in a simulated daemon: clocks that the test moves, processes that are objects, a job store on disk. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { originsOf } from '../../conf/schedule-origins.ts';
import type { Settings } from '../../conf/settings.ts';
import { readStoredSchedule, valuesOf, withoutTrigger } from '../../conf/stored-schedule.ts';
import { eventPayload, type ScheduleEvent } from '../../daemon/event/event.ts';
import type { SchedulerControl } from '../../daemon/schedule/control.ts';
import { readStoredGroups, Service, type ServiceOptions } from '../../daemon/schedule/service.ts';
import { contextIn, type TemporaryFiles } from '../conf/support.ts';
import { SimulatedWallClock } from './simulated-wall-clock.ts';
import { SimulatedWorld } from './simulated-world.ts';

const logLevels = ['critical', 'error', 'warn', 'info'];

export class ScheduleWorld {
  readonly world: SimulatedWorld;
  readonly wallClock: SimulatedWallClock;
  readonly service: Service;
  readonly control: SchedulerControl;
  /** `TYPE payload`. */
  readonly events: string[] = [];
  /** Of `info` and above, as `WARN text`. */
  readonly lines: string[] = [];
  settings: Settings;

  private constructor(
    settings: Settings,
    wallClock: SimulatedWallClock,
    files: TemporaryFiles,
    stored: Settings['groups'],
  ) {
    this.settings = settings;
    this.wallClock = wallClock;
    this.world = new SimulatedWorld(
      [...settings.groups, ...stored],
      {},
      {
        askForRun: (name) => this.service.askForRun(name),
        scheduleOf: (process) => this.service.scheduleOf(process),
      },
    );
    this.service = new Service({
      ...optionsFor(() => this.settings, files),
      settings: settings.scheduler,
      runtimeDirectory: files.directory,
      clock: this.world.clock,
      wallClock,
      supervisor: this.world.supervisor,
      configuration: () => this.settings,
      emit: (event: ScheduleEvent) => void this.events.push(`${event.type} ${eventPayload(event)}`),
      log: (level, text) => {
        if (logLevels.includes(level)) this.lines.push(`${level} ${text}`);
      },
    });
    this.control = this.service.control;
    this.world.onEvent = ({ type }) => {
      if (type === 'PROCESS_GROUP_ADDED' || type === 'PROCESS_GROUP_REMOVED') this.service.groupsChanged();
    };
  }

  /** A daemon that starts with the configuration of these files; what was stored there before is there. */
  static async start(files: TemporaryFiles, wallClock = new SimulatedWallClock()): Promise<ScheduleWorld> {
    const settings = read(files);
    const { language } = optionsFor(() => settings, files);
    const { clock } = new SimulatedWorld();
    const stored = await readStoredGroups({ settings: settings.scheduler, clock, language });
    const world = new ScheduleWorld(settings, wallClock, files, stored);
    await world.service.begin();
    await world.settle();
    return world;
  }

  /** Takes over the files as they are now: what `update` does. */
  async update(files: TemporaryFiles): Promise<void> {
    this.settings = read(files);
    const { supervisor } = this.world;
    const names = new Set(this.settings.groups.map(({ name }) => name));
    for (const [name, { settings }] of [...supervisor.groups]) {
      const isOfClient = settings.schedules?.some(({ source }) => source === 'rpc') === true;
      if (!names.has(name) && !isOfClient) supervisor.removeGroup(name);
    }
    for (const group of this.settings.groups) {
      if (supervisor.groups.has(group.name)) await supervisor.updateGroup(group);
      else supervisor.addGroup(group);
    }
    await this.settle();
  }

  /** Lets everything go on that waits for nothing but its turn. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 50; turns += 1) await nextTurn();
  }

  /** Lets time pass on both clocks, second by second. */
  async advance(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.world.clock.advance(1);
      this.wallClock.advance(1);
      await this.settle();
    }
  }

  /** The daemon ends in order. */
  async stop(): Promise<void> {
    await this.service.close({ leaves: false });
  }

  /** The daemon is killed, or makes room for another one: what it runs goes on. */
  async leave(): Promise<void> {
    await this.service.close({ leaves: true });
  }

  takeEvents(): string[] {
    return this.events.splice(0);
  }

  takeLines(): string[] {
    return this.lines.splice(0);
  }
}

function read(files: TemporaryFiles): Settings {
  const result = files.load();
  if (result.type === 'invalid') throw result.errors[0];
  return result.settings;
}

function optionsFor(settings: () => Settings, files: TemporaryFiles): Pick<ServiceOptions, 'language'> {
  const context = contextIn(files.directory);
  return {
    language: {
      readStored: (name, keys, stored) =>
        readStoredSchedule(name, keys, { settings: settings(), context, stored }),
      valuesOf,
      withoutTrigger,
      originsOf,
    },
  };
}
