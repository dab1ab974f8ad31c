/** Runs a supervisorctl, whose answer is what it prints and the status it exits with. */
import type { Daemon, Implementation } from '../../support/daemons.ts';
import type { Step } from './compare-daemons.ts';

/** What a command prints: each line without trailing blanks, and its exit status. */
export interface CommandAnswer {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

export async function runCtl(
  daemon: Daemon,
  implementation: Implementation,
  args: readonly string[],
  input?: string,
): Promise<CommandAnswer> {
  const { stdout, stderr, exitCode } = await daemon.ctl(
    implementation,
    args,
    input === undefined ? {} : { input },
  );
  if (stderr !== '') throw new Error(`supervisorctl ${args.join(' ')} on stderr: ${stderr}`);
  return { exitCode, lines: stdout.split('\n') };
}

/** The real supervisorctl with these words. */
export function command(line: string): Step {
  const words = line.split(' ').filter((word) => word !== '');
  return { name: `supervisorctl ${line}`, run: (daemon) => runCtl(daemon, 'real', words) };
}

/** The same where the order of lines is chance. */
export function commandInAnyOrder(line: string): Step {
  const words = line.split(' ');
  return {
    name: `supervisorctl ${line}, lines in any order`,
    async run(daemon) {
      const { exitCode, lines } = await runCtl(daemon, 'real', words);
      return { exitCode, lines: lines.toSorted() };
    },
  };
}

/**
 * The same where a program ends the moment it has started. If supervisord notices both at once it calls that
 * an abnormal termination, which is chance: here either answer is the good one.
 */
export function withEitherEnd(name: string, step: Step): Step {
  return {
    ...step,
    async run(daemon) {
      const { exitCode, lines } = (await step.run(daemon)) as CommandAnswer;
      const good = (line: string) =>
        line === `${name}: ERROR (abnormal termination)` ? `${name}: started` : line;
      return { exitCode, lines: lines.map(good).toSorted() };
    },
  };
}
