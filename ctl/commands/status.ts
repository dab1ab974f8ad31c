import { parseNamespec } from '../../rpc/namespec.ts';
import { processStates, stoppedStates } from '../../rpc/process-states.ts';
import type { Command } from '../command.ts';
import { type ExitStatus, exitStatuses } from '../exit-status.ts';
import { readUsages } from '../process-usage.ts';
import { statusJson, statusLines, wideStatusLines } from '../status-format.ts';
import type { ProcessInfo } from '../supervisor-api.ts';
import { tellWarnings } from '../warnings.ts';

/** `status`: the state of all processes, or of those named. `--json` and `-o wide` are not supervisor's. */
export const status: Command = {
  help: [
    'status <name>\t\tGet status for a single process',
    'status <gname>:*\tGet status for all processes in a group',
    'status <name> <name>\tGet status for multiple named processes',
    'status\t\t\tGet all process status info',
  ],
  upcheck: true,
  statusWhenDown: exitStatuses.STATUS_UNKNOWN,
  async run(session, { words }) {
    const { json, wide, names } = readOptions(words);
    await tellWarnings(session);
    const all = await session.supervisor.getAllProcessInfo();
    const { shown, errors } = select(all, names);
    // Among JSON an error line would make the whole unreadable.
    for (const error of errors) json ? session.output.printError(error) : session.print(error);
    const usages = wide ? await readUsages(session, shown) : undefined;
    if (json) session.print(statusJson(shown, usages));
    else session.printAll(usages === undefined ? statusLines(shown) : wideStatusLines(shown, usages));
    return exitStatus(shown, errors);
  },
};

interface StatusOptions {
  readonly json: boolean;
  readonly wide: boolean;
  readonly names: readonly string[];
}

/** Only these exact words are options: every other word, even with a dash, is a name. */
function readOptions(words: readonly string[]): StatusOptions {
  const isWide = (index: number): boolean => words[index] === '-o' && words[index + 1] === 'wide';
  return {
    json: words.includes('--json'),
    wide: words.some((_, index) => isWide(index)),
    names: words.filter((word, index) => word !== '--json' && !isWide(index) && !isWide(index - 1)),
  };
}

function select(all: readonly ProcessInfo[], names: readonly string[]) {
  if (names.length === 0 || names.includes('all')) return { shown: all, errors: [] };
  const shown: ProcessInfo[] = [];
  const errors: string[] = [];
  for (const name of names) {
    const { group, process } = parseNamespec(name);
    const found = all.filter(
      (info) => info.group === group && (process === undefined || info.name === process),
    );
    shown.push(...found);
    if (found.length > 0) continue;
    errors.push(
      process === undefined ? `${group}: ERROR (no such group)` : `${name}: ERROR (no such process)`,
    );
  }
  return { shown, errors };
}

function exitStatus(shown: readonly ProcessInfo[], errors: readonly string[]): ExitStatus {
  if (shown.some(({ state }) => stoppedCodes.has(state))) return exitStatuses.STATUS_NOT_RUNNING;
  return errors.length > 0 ? exitStatuses.STATUS_UNKNOWN : exitStatuses.SUCCESS;
}

const stoppedCodes: ReadonlySet<number> = new Set([...stoppedStates].map((name) => processStates[name]));
