/**
 * Signals to the daemon, as inputs with names. Node delivers each on the main loop, so a signal is handled
 * as soon as the work in hand is done.
 *
 * @see docs/supervisord.md, "Signals"
 */
import process from 'node:process';

export interface SignalHandlers {
  /** SIGTERM, SIGINT, SIGQUIT: end. */
  readonly exit: (signal: NodeJS.Signals) => void;
  /** SIGHUP: stop everything, read the configuration, start again. */
  readonly restart: () => void;
  /** SIGUSR2: open log files again by name. */
  readonly reopenLogs: () => void;
  /** SIGCHLD. The host reaps; this is for the log. */
  readonly childQuit: () => void;
}

/** Installs handlers until the returned function is called. */
export function handleSignals(handlers: SignalHandlers): () => void {
  const exit = (signal: NodeJS.Signals): void => handlers.exit(signal);
  const table: readonly (readonly [NodeJS.Signals, (signal: NodeJS.Signals) => void])[] = [
    ['SIGTERM', exit],
    ['SIGINT', exit],
    ['SIGQUIT', exit],
    ['SIGHUP', () => handlers.restart()],
    ['SIGUSR2', () => handlers.reopenLogs()],
    ['SIGCHLD', () => handlers.childQuit()],
  ];
  for (const [signal, handler] of table) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of table) process.off(signal, handler);
  };
}
