/** Output with capture mode: what of it is logged, and what the activity log says of it. */
import { beginToken, endToken } from '../../../daemon/log/capture.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call, untilState } from '../steps/calls.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';
import { programSection } from '../steps/programs.ts';

const message = (text: string): string => `${beginToken}${text}${endToken}`;
/** More than a token, which is what supervisord waits for. */
const long = (word: string): string => `${word} ${'x'.repeat(30)}`;

/** The copies of output in the activity log, and what it says of events, in order. */
const copies: Step = {
  name: 'the copies of output in the activity log',
  async run(daemon) {
    const read = async (): Promise<string> => String(await daemon.rpc('supervisor.readLog', 0, 0));
    await waitFor(async () => (await read()).includes('exited: says'), { what: 'the end' });
    return (await read()).match(/DEBG 'says' std(?:out|err) (?:output:\n.*|emitted .*)/g);
  },
};

function captures(name: string, text: string, supervisord = ''): void {
  compareDaemons(name, {
    supervisord: `loglevel=debug\n${supervisord}`,
    configuration: programSection(
      'says',
      `command=printf '${text}\\n'`,
      'startsecs=0',
      'autostart=false',
      'autorestart=false',
      'stdout_capture_maxbytes=1KB',
      'stdout_logfile=%(here)s/says.log',
    ),
    steps: [
      untilState(call('supervisor.startProcess', 'says', false), 'says', 'EXITED'),
      copies,
      call('supervisor.readProcessStdoutLog', 'says', 0, 0),
    ],
  });
}

captures('a message between lines', `${long('before')}\\n${message('one\\ntwo')}${long('after')}`);
captures('messages side by side', message('one') + message('two') + long('after'));
captures('an empty message', long('before') + message('') + long('after'));
captures(
  'END without BEGIN, BEGIN within a message',
  `${endToken}${message(`${beginToken}x`)}${long('after')}`,
);
captures('colours', message('\\033[1mone\\033[0m') + long('\\033[31mred'), 'strip_ansi=true');
