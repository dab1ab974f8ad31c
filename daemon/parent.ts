/**
 * The shell that starts the daemon as PID 1 of a container, and starts it again when it dies. This is the
 * daemon's side of what the two tell each other.
 *
 * @see bin/parent
 */
import { readSync } from 'node:fs';
import { env, kill, ppid } from 'node:process';

/** Set in the environment by the parent to the descriptor of its pipe, and removed there at once. */
export const parentVariable = 'SUPERVISORD_PARENT';

export interface Parent {
  /** The reading end of a pipe with one line in it. */
  readonly pipe: number;
}

/** Forgets the parent, too: children must not see it. `undefined`: nobody waits to start this daemon again. */
export function takeParent(): Parent | undefined {
  const pipe = env[parentVariable];
  delete env[parentVariable];
  return pipe !== undefined && /^\d+$/.test(pipe) ? { pipe: Number(pipe) } : undefined;
}

/**
 * Lets the parent hand signals on, those that came before among them. SIGCONT it is because a daemon that has
 * given up root may send no other to a parent that has not.
 *
 * @throws {Error} it could not be sent: then no signal to PID 1 reaches this daemon
 */
export function tellParentOfStart(): void {
  kill(ppid, 'SIGCONT');
}

/** Tells the parent that what comes next is no crash, whatever the exit status. */
export function tellParentOfEnd({ pipe }: Parent): void {
  try {
    readSync(pipe, Buffer.alloc(64));
  } catch {
    // Whoever set the variable was not the parent.
  }
}
