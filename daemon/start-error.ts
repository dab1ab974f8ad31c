/** A reason not to start that lies outside the configuration. The message is for the terminal. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Does what may be in the way of a start. @throws {StartError} with `prefix` before the reason */
export function attempt<T>(action: () => T, prefix = ''): T {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(prefix + reason, { cause });
  }
}
