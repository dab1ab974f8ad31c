/**
 * `supervisorctl`: from argv to an exit status. The only place that ends the program.
 *
 * argv is [node, this file, the command as it was called, ...its words]: see bin/supervisorctl.
 */
import process from 'node:process';
import { UsageError } from '../conf/getopt.ts';
import { type ExitStatus, exitStatuses } from './exit-status.ts';
import { standardInput } from './input.ts';
import { Interrupts } from './interrupts.ts';
import { loadSettings } from './load-settings.ts';
import { type CtlCommandLine, readCommandLine } from './options.ts';
import { standardOutput } from './output.ts';
import { runLine } from './run-line.ts';
import { Session } from './session.ts';

const [, , argv0 = 'supervisorctl', ...words] = process.argv;

const output = standardOutput(() => process.exit(exitStatuses.GENERIC));
void main().then(async (exitStatus) => {
  await output.flush();
  // Connections may still be open, and nobody waits for their end.
  process.exit(exitStatus);
});

async function main(): Promise<ExitStatus> {
  try {
    const { options, action } = readCommandLine(words);
    if (options.help) {
      const { usageText } = await import('./usage.ts');
      output.write(usageText(argv0));
      return exitStatuses.SUCCESS;
    }
    return await run({ options, action });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`Error: ${error.message}\nFor help, use ${argv0} -h\n`);
    return exitStatuses.INVALID_ARGS;
  }
}

async function run({ options, action }: CtlCommandLine): Promise<ExitStatus> {
  const settings = loadSettings(argv0, options);
  const hasAction = action.length > 0;
  const interactive = options.interactive === true || !hasAction;
  const interrupts = new Interrupts();
  const session = new Session({
    ...settings,
    interactive,
    output,
    input: standardInput({ interrupts, output }),
    interrupts,
  });
  if (settings.plugins.length > 0) {
    // They may write to Node's stream themselves: from now on there is no other way.
    output.write('');
    const { loadPlugins } = await import('./plugins/load.ts');
    session.plugins = await loadPlugins(session, settings.plugins);
  }
  if (!interactive) return (await runLine(session, action.join(' '), action)).exitStatus;
  const { runShell } = await import('./shell.ts');
  await runShell(session, { ...settings, before: [hasAction ? action.join(' ') : 'status'] });
  return exitStatuses.SUCCESS;
}
