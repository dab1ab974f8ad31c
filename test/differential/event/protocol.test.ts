/** What listeners may say and may not, told by the lines of the activity log. */
import { resolve } from 'node:path';
import { waitFor } from '../../support/wait-for.ts';
import { activityLines } from '../steps/activity-lines.ts';
import { call } from '../steps/calls.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';

const listeners = resolve('test/fixtures/listeners');
const ok = 'RESULT 2\\nOK';

/** What each says in answer to its first event; the next ones it answers with OK. */
const answers = {
  proper: ok,
  fails: 'RESULT 4\\nFAIL',
  lowercase: 'RESULT 2\\nok',
  'other-word': 'nonsens2\\nOK',
  blanks: 'RESULT  +2 \\nOK',
  newline: 'RESULT 2\\nOK\\n',
  'long-result': 'RESULT 10\\n0123456789',
  'no-result': 'RESULT 0\\n',
  'no-number': 'RESULT two\\nOK',
  'no-line': 'OK\\n',
  binary: 'RESULT \\377\\n',
  twice: 'RESULT 2\\nOKRESULT 2\\nOK',
};

// Different priorities: supervisord takes processes of one priority for one another, and gives an event that
// one of them rejects to the pools of all.
const configuration = [
  ...Object.entries(answers).map(
    ([name, answer], index) =>
      `[eventlistener:${name}]\nprocess_name=${name}\ncommand=${listeners}/answers %(here)s/${name} '${ok}' '${answer}'
events=REMOTE_COMMUNICATION\npriority=${index + 1}\nstartsecs=0\nautorestart=false\n`,
  ),
  ...['READY\\nREADY\\n', 'ready\\n', 'junk', 'a longer junk'].map(
    (text, index) =>
      `[eventlistener:says-${index}]\ncommand=${listeners}/says '${text}'\nevents=REMOTE_COMMUNICATION\npriority=${index + 50}\nstartsecs=0\n`,
  ),
].join('');

const names = [...Object.keys(answers), 'says-0', 'says-1', 'says-2', 'says-3'];

/** Lines about the conversation with a listener; only ours say what was wrong. */
function conversation(lines: readonly string[], name: string): string[] {
  return lines.filter(
    (line) =>
      (line.startsWith(`DEBG ${name}: `) ||
        line.startsWith(`WARN ${name}: `) ||
        line.endsWith(`to listener ${name}`)) &&
      !line.includes(`${name}: expected `),
  );
}

/** Sends an event, which every listener that can take one has the time to answer. */
function tell(times: number): Step {
  return {
    name: `${times} events`,
    async run(daemon) {
      const proper = /proper: BUSY -> ACKNOWLEDGED/g;
      const count = () => daemon.logText().match(proper)?.length ?? 0;
      for (let time = 0; time < times; time += 1) {
        const before = count();
        await daemon.rpc('supervisor.sendRemoteCommEvent', 't', String(time));
        await waitFor(() => count() > before, { what: 'an answer' });
      }
    },
  };
}

compareDaemons('the protocol of listeners', {
  configuration,
  supervisord: 'loglevel=debug',
  steps: [
    {
      name: 'all listeners have said what they say at first',
      async run(daemon) {
        const hasSpoken = (name: string) => daemon.logText().includes(`${name}: ACKNOWLEDGED -> `);
        await waitFor(() => names.every((name) => name === 'says-2' || hasSpoken(name)), {
          what: 'all listeners',
        });
      },
    },
    tell(3),
    call('supervisor.stopProcess', 'proper:proper'),
    ...names.map((name): Step => {
      return {
        name: `what the log says of ${name}`,
        async run(daemon) {
          const lines = () => conversation(daemon.logText().split('\n').map(stripTime), name);
          // Too short to be understood.
          if (name !== 'says-2') await waitFor(() => isSettled(lines()), { what: `the last of ${name}` });
          return conversation(await activityLines(daemon), name);
        },
      };
    }),
  ],
});

function stripTime(line: string): string {
  return line.replace(/^\S+ \S+ /, '');
}

/** UNKNOWN, or READY after three events, rejected ones not counted. */
function isSettled(lines: readonly string[]): boolean {
  if (lines.some((line) => line.includes('-> UNKNOWN'))) return true;
  return (
    lines.filter((line) => line.endsWith('event was processed')).length >= 3 &&
    lines.at(-1)?.endsWith('-> READY') === true
  );
}
