import { type Command, explainUsage } from '../command.ts';
import { exitStatuses } from '../exit-status.ts';
import { followLog, mainLogPath } from '../follow-log.ts';
import { defaultRange, parseTailModifier } from '../log-range.ts';
import { printLog } from '../print-log.ts';

/** `maintail`: the end of the daemon's own log, or with `-f` all that is written to it from now on. */
export const maintail: Command = {
  help: [
    'maintail -f \tContinuous tail of supervisor main log file (Ctrl-C to exit)',
    'maintail -100\tlast 100 *bytes* of supervisord main log file',
    'maintail\tlast 1600 *bytes* of supervisor main log file',
    '',
  ],
  upcheck: true,
  async run(session, { words }) {
    const [word, ...others] = words;
    if (others.length > 0) {
      explainUsage(session, 'Error: too many arguments', maintail);
      return exitStatuses.GENERIC;
    }
    const modifier =
      word === undefined ? ({ type: 'read', range: defaultRange } as const) : parseTailModifier(word);
    if (modifier === undefined) {
      session.print(`Error: bad argument ${word}`);
      return exitStatuses.GENERIC;
    }
    if (modifier.type === 'follow') return followLog(session, mainLogPath);
    const { offset, length } = modifier.range;
    return printLog(session, 'supervisord', () => session.supervisor.readLog(offset, length));
  },
};
