/**
 * Linux signals by number, with the names supervisord's log gives them: it follows Python's `signal`
 * module, where of two names for one number the later wins (SIGPOLL, not SIGIO).
 *
 * @see supervisor/options.py, `signame`
 */
const names: ReadonlyMap<number, string> = new Map([
  [1, 'SIGHUP'],
  [2, 'SIGINT'],
  [3, 'SIGQUIT'],
  [4, 'SIGILL'],
  [5, 'SIGTRAP'],
  [6, 'SIGABRT'],
  [7, 'SIGBUS'],
  [8, 'SIGFPE'],
  [9, 'SIGKILL'],
  [10, 'SIGUSR1'],
  [11, 'SIGSEGV'],
  [12, 'SIGUSR2'],
  [13, 'SIGPIPE'],
  [14, 'SIGALRM'],
  [15, 'SIGTERM'],
  [16, 'SIGSTKFLT'],
  [17, 'SIGCHLD'],
  [18, 'SIGCONT'],
  [19, 'SIGSTOP'],
  [20, 'SIGTSTP'],
  [21, 'SIGTTIN'],
  [22, 'SIGTTOU'],
  [23, 'SIGURG'],
  [24, 'SIGXCPU'],
  [25, 'SIGXFSZ'],
  [26, 'SIGVTALRM'],
  [27, 'SIGPROF'],
  [28, 'SIGWINCH'],
  [29, 'SIGPOLL'],
  [30, 'SIGPWR'],
  [31, 'SIGSYS'],
  [34, 'SIGRTMIN'],
  [64, 'SIGRTMAX'],
]);

/** The number of the signal that cannot be caught. */
export const SIGKILL = 9;

/** The name of a signal, such as `SIGTERM`; `signal <n>` for a number without one. */
export function signalName(signal: number): string {
  return names.get(signal) ?? `signal ${signal}`;
}
