/**
 * Signals to the daemon, as inputs with names. Node delivers each on the main loop, so a signal is handled
 * as soon as the work in hand is done.
 *
 * @see docs/supervisord.md, "Signals"
 */
import { constants } from 'node:os';
import process from 'node:process';
import { unblockSignal } from './host/libc/signal-mask.ts';

export interface SignalHandlers {
  /** SIGTERM, SIGINT, SIGQUIT: end. */
  readonly exit: (signal: NodeJS.Signals) => void;
  /** SIGHUP: stop everything, read the configuration, start again. */
  readonly restart: () => void;
  /** SIGUSR2: open log files again by name. */
  readonly reopenLogs: () => void;
  /** SIGUSR1: make room for the version of the program that is installed now. */
  readonly upgrade: () => void;
  /** SIGCHLD. The host reaps; this is for the log. */
  readonly childQuit: () => void;
}

const table = {
  SIGTERM: ({ exit }) => exit('SIGTERM'),
  SIGINT: ({ exit }) => exit('SIGINT'),
  SIGQUIT: ({ exit }) => exit('SIGQUIT'),
  SIGHUP: ({ restart }) => restart(),
  SIGUSR2: ({ reopenLogs }) => reopenLogs(),
  SIGCHLD: ({ childQuit }) => childQuit(),
  // Node's own use for it, a port for a debugger, is switched off by the launcher.
  SIGUSR1: ({ upgrade }) => upgrade(),
} satisfies { readonly [S in NodeJS.Signals]?: (handlers: SignalHandlers) => void };

type HandledSignal = keyof typeof table;

const handledSignals = Object.keys(table) as HandledSignal[];

/**
 * Receives signals for as long as the program runs. One that comes while the daemon is between two lives,
 * or not yet up, waits: its default would end the program.
 */
export class Signals {
  #handlers: SignalHandlers | undefined;
  readonly #waiting = new Set<HandledSignal>();

  /** @param waiting signals that came before there was this program */
  constructor(waiting: readonly NodeJS.Signals[] = []) {
    for (const signal of handledSignals) {
      process.on(signal, () => this.#receive(signal));
      if (waiting.includes(signal)) this.#waiting.add(signal);
    }
    // Told to open no port for it, Node leaves it blocked.
    unblockSignal(constants.signals.SIGUSR1);
  }

  /** Those that came while nobody handled them. */
  get waiting(): readonly NodeJS.Signals[] {
    return [...this.#waiting];
  }

  /** Has a signal wait as if it had come while nobody handled it. */
  hold(signal: HandledSignal): void {
    this.#waiting.add(signal);
  }

  /** Gives signals to `handlers` until the returned function is called. Those that waited come soon after. */
  handle(handlers: SignalHandlers): () => void {
    this.#handlers = handlers;
    setImmediate(() => {
      for (const signal of [...this.#waiting]) this.#receive(signal);
    });
    return () => {
      this.#handlers = undefined;
    };
  }

  #receive(signal: HandledSignal): void {
    this.#waiting.delete(signal);
    if (this.#handlers === undefined) this.#waiting.add(signal);
    else table[signal](this.#handlers);
  }
}
