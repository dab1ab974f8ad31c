import { listOf, struct, text } from './answers.ts';
import { completer } from './completion.ts';
import { Interrupted } from './failures.ts';
import { History } from './history.ts';
import { runLine } from './run-line.ts';
import type { Session } from './session.ts';
import type { ProcessInfo } from './supervisor-api.ts';
import { tellWarnings } from './warnings.ts';

export interface ShellOptions {
  /** Shown in front of `> `. */
  readonly prompt: string;
  readonly history_file: string | undefined;
  /** Lines to run before the first prompt. */
  readonly before: readonly string[];
}

/** Runs the lines that the user types, until `quit`, the end of the input, or Ctrl-C. */
export async function runShell(
  session: Session,
  { prompt, history_file, before }: ShellOptions,
): Promise<void> {
  const history = new History(history_file);
  // Both are asked for at most once for each line.
  let processes: Promise<readonly ProcessInfo[]> | undefined;
  let schedules: Promise<readonly string[]> | undefined;
  const complete = completer(
    () => {
      processes ??= session.supervisor.getAllProcessInfo();
      return processes;
    },
    session.plugins,
    () => {
      schedules ??= scheduleNames(session);
      return schedules;
    },
  );
  try {
    for (const line of before) {
      if ((await runInterruptibly(session, line)).leavesShell) return;
    }
    await tellWarnings(session);
    for (;;) {
      const line = await session.input.readLine(`${prompt}> `, { complete, history: history.lines });
      if (line !== undefined) history.add(line);
      processes = undefined;
      schedules = undefined;
      if ((await runInterruptibly(session, line ?? 'EOF')).leavesShell) return;
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    session.print('');
  } finally {
    history.save();
  }
}

async function scheduleNames(session: Session): Promise<readonly string[]> {
  const jobs = listOf(struct)(await session.call('scheduler.getAllJobs'));
  return jobs.map((members) => text(members.get('id')));
}

/** A command that does not handle Ctrl-C itself is left behind, and the shell with it. */
function runInterruptibly(session: Session, line: string): ReturnType<typeof runLine> {
  const { promise: interruption, reject } = Promise.withResolvers<never>();
  return session.interrupts.during(
    () => reject(new Interrupted('Ctrl-C')),
    () => Promise.race([runLine(session, line), interruption]),
  );
}
