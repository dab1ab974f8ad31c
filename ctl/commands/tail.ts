import { type Command, explainUsage } from '../command.ts';
import { exitStatuses } from '../exit-status.ts';
import { followLog, processLogPath } from '../follow-log.ts';
import { defaultRange, parseTailModifier } from '../log-range.ts';
import { printLog } from '../print-log.ts';
import type { Session } from '../session.ts';
import type { LogChannel } from '../supervisor-api.ts';

/** `tail`: the end of a process's log, or with `-f` all that is written to it from now on. */
export const tail: Command = {
  help: [
    'tail [-f] <name> [stdout|stderr] (default stdout)',
    'Ex:',
    'tail -f <name>\t\tContinuous tail of named process stdout',
    '\t\t\tCtrl-C to exit.',
    'tail -100 <name>\tlast 100 *bytes* of process stdout',
    'tail <name> stderr\tlast 1600 *bytes* of process stderr',
  ],
  upcheck: true,
  async run(session, { words }) {
    if (words.length === 0 || words.length > 3) {
      explainUsage(session, `Error: too ${words.length === 0 ? 'few' : 'many'} arguments`, tail);
      return exitStatuses.GENERIC;
    }
    const request = parse(words);
    if ('mistake' in request) {
      session.print(request.mistake);
      return exitStatuses.GENERIC;
    }
    const { name, channel, modifier } = request;
    if (modifier.type === 'follow') return followLog(session, processLogPath(name, channel));
    return printProcessLog(session, name, { channel, range: modifier.range });
  },
};

function printProcessLog(
  session: Session,
  name: string,
  { channel, range }: { readonly channel: LogChannel; readonly range: typeof defaultRange },
): ReturnType<Command['run']> {
  return printLog(session, name, () => session.supervisor.readProcessLog(name, channel, range));
}

function parse(words: readonly string[]) {
  const hasModifier = words[0]?.startsWith('-') ?? false;
  const [name, ...others] = hasModifier ? words.slice(1) : words;
  if (name === undefined) return { mistake: 'Error: tail requires process name' };
  const channel = (others.at(-1) ?? 'stdout').toLowerCase();
  if (channel !== 'stdout' && channel !== 'stderr') return { mistake: `Error: bad channel '${channel}'` };
  const modifier = hasModifier
    ? parseTailModifier(words[0] ?? '')
    : ({ type: 'read', range: defaultRange } as const);
  if (modifier === undefined) return { mistake: `Error: bad argument ${words[0]}` };
  return { name, channel, modifier } as const;
}
