import { type Command, type CommandArguments, explainUsage, readArguments } from './command.ts';
import { findCommand } from './commands.ts';
import { type ExitStatus, exitStatuses } from './exit-status.ts';
import { HttpFailure, Interrupted } from './failures.ts';
import type { Session } from './session.ts';
import { upcheck } from './upcheck.ts';

export interface LineOutcome {
  readonly exitStatus: ExitStatus;
  readonly leavesShell: boolean;
}

/** What a line asks for. */
export type ParsedLine =
  | { readonly type: 'empty' }
  | { readonly type: 'command'; readonly name: string; readonly rest: string; readonly line: string }
  | { readonly type: 'unknown'; readonly line: string };

/**
 * Splits a line into a command's name, the leading run of letters, digits and underscores, and the rest:
 * `tail-5 web` is `tail` with `-5 web`. A leading `?` is `help`.
 */
export function parseLine(typed: string): ParsedLine {
  const trimmed = typed.trim();
  if (trimmed === '') return { type: 'empty' };
  const line = trimmed.startsWith('?') ? `help ${trimmed.slice(1)}` : trimmed;
  const [name = ''] = /^\w*/.exec(line) ?? [];
  if (name === '') return { type: 'unknown', line };
  return { type: 'command', name, rest: line.slice(name.length), line };
}

/**
 * Runs one line. Whatever goes wrong is told on stdout and is in the exit status; only Ctrl-C is thrown.
 *
 * @param argv the words of the line, if the user's own shell has split it
 */
export async function runLine(
  session: Session,
  typed: string,
  argv?: readonly string[],
): Promise<LineOutcome> {
  const parsed = parseLine(typed);
  if (parsed.type === 'empty') return { exitStatus: exitStatuses.SUCCESS, leavesShell: false };
  const command = parsed.type === 'command' ? await findCommand(parsed.name, session.plugins) : undefined;
  if (parsed.type === 'unknown' || command === undefined) {
    session.print(`*** Unknown syntax: ${parsed.line}`);
    return { exitStatus: exitStatuses.GENERIC, leavesShell: false };
  }
  const given: CommandArguments = {
    ...readArguments(parsed.rest),
    ...(argv?.[0] === parsed.name && { argv: argv.slice(1) }),
  };
  const exitStatus = await runContained(session, () => runCommand(session, command, parsed.name, given));
  return { exitStatus, leavesShell: command.leavesShell === true };
}

async function runCommand(
  session: Session,
  command: Command,
  name: string,
  given: CommandArguments,
): Promise<ExitStatus> {
  if (command.takesNoArguments && given.text !== '') {
    explainUsage(session, `Error: ${name} accepts no arguments`, command);
    return exitStatuses.GENERIC;
  }
  if (command.upcheck) {
    const down = await upcheck(session);
    if (down !== undefined) return command.statusWhenDown ?? down;
  }
  return command.run(session, given);
}

async function runContained(session: Session, run: () => Promise<ExitStatus>): Promise<ExitStatus> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      const isRefused = error instanceof HttpFailure && error.status === 401;
      if (!isRefused) {
        session.print(`error: ${error instanceof Error ? error.message : String(error)}`);
        return exitStatuses.GENERIC;
      }
      session.print('Server requires authentication');
      if (!session.interactive || !(await logIn(session))) return exitStatuses.GENERIC;
    }
  }
}

/** Asks for user and password; false at the end of the input. */
async function logIn(session: Session): Promise<boolean> {
  const username = await session.input.readLine('Username:');
  if (username === undefined) return false;
  const password = await session.input.readHidden('Password:');
  if (password === undefined) return false;
  session.print('');
  session.logIn({ username, password });
  return true;
}
