import type { GroupSettings, LogLevel } from '../../conf/settings.ts';
import { eventPayload, type SupervisorEvent } from '../../daemon/event/event.ts';
import type { ProcessView, SupervisedProcess } from '../../daemon/process/control.ts';
import type { EndingSettings } from '../../daemon/process/ending.ts';
import { Supervisor, type SupervisorDependencies } from '../../daemon/process/supervisor.ts';
import { SimulatedHost } from './simulated-host.ts';

/** A supervisor on a simulated host, with all it says written down. */
export class SimulatedWorld {
  readonly host = new SimulatedHost();
  readonly clock = this.host.clock;
  /** Lines of the activity log, as `INFO text`. */
  readonly lines: string[] = [];
  readonly events: SupervisorEvent[] = [];
  readonly finished: ('exit' | 'restart')[] = [];
  /** Called for each event; may throw or call the supervisor. */
  onEvent: (event: SupervisorEvent) => void = () => undefined;
  /** Whether listeners are still to be told something. */
  isDelivering: (group: string) => boolean = () => false;
  /** How many events listeners have yet to handle. */
  unhandledEvents: (group: string) => number = () => 0;
  /** Whether processes are to run on when the daemon ends. */
  leavesProcesses: () => boolean = () => false;
  readonly supervisor: Supervisor;

  constructor(
    groups: readonly GroupSettings[] = [],
    ending: Partial<EndingSettings> = {},
    schedules: Pick<SupervisorDependencies, 'askForRun' | 'scheduleOf' | 'waitForRunsSecs'> = {},
  ) {
    this.supervisor = new Supervisor({
      ...schedules,
      host: this.host,
      ending: { exit_when_done: false, exit_code_from: undefined, ...ending },
      isDelivering: (group) => this.isDelivering(group),
      unhandledEvents: (group) => this.unhandledEvents(group),
      leavesProcesses: () => this.leavesProcesses(),
      log: (level, text) => void this.lines.push(`${words[level]} ${text}`),
      emit: (event) => {
        this.events.push(event);
        this.onEvent(event);
      },
      onFinished: (next) => void this.finished.push(next),
    });
    this.supervisor.startUp(groups);
  }

  /** A process of an active group; of the group of its own name unless told. */
  process(name: string, group = name): SupervisedProcess {
    const process = this.supervisor.groups.get(group)?.processes.get(name);
    if (process === undefined) throw new Error(`No process ${group}:${name}`);
    return process;
  }

  view(name: string, group = name): ProcessView {
    return this.process(name, group).view();
  }

  /** Log lines since the last call. */
  takeLines(): string[] {
    return this.lines.splice(0);
  }

  /** Events since the last call, as `TYPE payload`. */
  takeEvents(): string[] {
    return this.events.splice(0).map((event) => `${event.type} ${eventPayload(event)}`.trim());
  }
}

const words: { readonly [L in LogLevel]: string } = {
  critical: 'CRIT',
  error: 'ERRO',
  warn: 'WARN',
  info: 'INFO',
  debug: 'DEBG',
  trace: 'TRAC',
  blather: 'BLAT',
};
