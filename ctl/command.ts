import type { ExitStatus } from './exit-status.ts';
import type { Session } from './session.ts';

/** What follows the command's name on its line. */
export interface CommandArguments {
  /** As typed, without blanks around it. */
  readonly text: string;
  /** Split at blanks. */
  readonly words: readonly string[];
  /** As the user's own shell has split them, blanks and all; missing: typed in ours. */
  readonly argv?: readonly string[];
}

/** A command of supervisorctl. It prints through the session and returns its exit status. */
export interface Command {
  /** The lines of `help <command>`. Empty: there is no help. */
  readonly help: readonly string[];
  /** Refuses any argument before it does anything else. */
  readonly takesNoArguments?: true;
  /** Makes sure first that a supervisord of the right kind answers. */
  readonly upcheck?: true;
  /** Exit status if it does not, in place of the usual ones. */
  readonly statusWhenDown?: ExitStatus;
  /** What TAB offers as its arguments. */
  readonly completes?: 'processes' | 'groups';
  /** What can follow its name: commands of its own, and what TAB offers as the arguments of each. */
  readonly subcommands?: ReadonlyMap<string, { readonly completes?: 'schedules' }>;
  /** Leaves the shell. */
  readonly leavesShell?: true;
  run(session: Session, given: CommandArguments): Promise<ExitStatus>;
}

/** Tells a mistake in a command's arguments, with the command's help. */
export function explainUsage(session: Session, mistake: string, { help }: Pick<Command, 'help'>): void {
  session.print(mistake);
  session.printAll(help);
}

/** Splits the text after a command's name. */
export function readArguments(text: string): CommandArguments {
  const trimmed = text.trim();
  return { text: trimmed, words: trimmed === '' ? [] : trimmed.split(/\s+/) };
}
