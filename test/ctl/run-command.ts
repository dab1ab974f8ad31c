import type { CtlPluginSettings } from '../../conf/settings.ts';
import type { Input } from '../../ctl/input.ts';
import { Interrupts } from '../../ctl/interrupts.ts';
import { loadPlugins } from '../../ctl/plugins/load.ts';
import { runLine } from '../../ctl/run-line.ts';
import { Session } from '../../ctl/session.ts';

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitStatus: number;
}

export interface RunOptions {
  readonly serverurl: string;
  readonly interactive?: boolean;
  /** Lines that are typed when asked for; then the input ends. */
  readonly typed?: readonly string[];
  readonly username?: string;
  readonly password?: string;
  /** Called with each state of the live line: stdout is a terminal. */
  readonly showLive?: (line: string) => void;
  /** Told all that was printed on stdout so far, each time that there is more. */
  readonly watchesStdout?: (stdout: string) => void;
  readonly timezone?: string;
  /** stderr is a terminal. */
  readonly watchesStderr?: true;
  readonly plugins?: readonly CtlPluginSettings[];
}

/** Runs one line as supervisorctl does, with its output caught. */
export async function runCommand(line: string, options: RunOptions): Promise<Printed> {
  let stdout = '';
  let stderr = '';
  const typed = [...(options.typed ?? [])];
  const readLine = async (prompt: string): Promise<string | undefined> => {
    stdout += prompt;
    return typed.shift();
  };
  const input: Input = { readLine, readHidden: readLine, [Symbol.dispose]: () => undefined };
  const printError = (text: string): void => {
    stderr += `${text}\n`;
  };
  using session = new Session({
    serverurl: options.serverurl,
    username: options.username,
    password: options.password,
    interactive: options.interactive ?? false,
    timezone: options.timezone,
    input,
    interrupts: new Interrupts(),
    output: {
      print: (text) => {
        stdout += `${text}\n`;
        options.watchesStdout?.(stdout);
      },
      write: (chunk) => {
        stdout += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
        options.watchesStdout?.(stdout);
      },
      printError,
      showNotice: options.watchesStderr && printError,
      showLive: options.showLive,
    },
  });
  session.plugins = await loadPlugins(session, options.plugins ?? []);
  const { exitStatus } = await runLine(session, line);
  return { stdout, stderr, exitStatus };
}
