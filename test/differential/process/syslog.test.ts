/** What arrives at the syslog daemon of the machine, byte for byte, and what is left without a log file. */
import { afterAll } from '@jest/globals';
import { describeAsRoot } from '../../support/as-root.ts';
import type { Daemon } from '../../support/daemons.ts';
import { ownDev, startSyslog } from '../../support/machine-syslog.ts';
import type { SyslogListener } from '../../support/syslog-listener.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call, differs, untilState } from '../steps/calls.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';
import { programSection } from '../steps/programs.ts';

const listeners = new Map<Daemon, SyslogListener>();

function textsOf(daemon: Daemon): readonly string[] {
  const texts = listeners.get(daemon)?.texts();
  if (texts === undefined) throw new Error('nobody listens');
  return texts;
}

/** All messages so far that begin like this, once so many of them end like that. */
function messages(beginning: RegExp, end: string, { times = 1 } = {}): Step {
  return {
    name: `the messages ${beginning}`,
    async run(daemon) {
      const matching = (): string[] => textsOf(daemon).filter((text) => beginning.test(text));
      const isComplete = (): boolean => matching().filter((text) => text.endsWith(end)).length === times;
      await waitFor(isComplete, { what: `${times} messages "${end}"` });
      return matching();
    },
  };
}

/** Without waiting for the start to succeed: what ends at once may be too fast for supervisord. */
const start = (name: string): Step => call('supervisor.startProcess', name, false);

const reopen: Step = {
  name: 'SIGUSR2',
  async run(daemon) {
    daemon.kill('SIGUSR2');
    const told = (): boolean => textsOf(daemon).some((text) => text.endsWith('supervisord logreopen\n'));
    await waitFor(told, { what: 'the log to be opened again' });
  },
};

describeAsRoot('syslog', () => {
  afterAll(() => {
    for (const listener of listeners.values()) listener[Symbol.dispose]();
  });

  compareDaemons('as the only log', {
    prefix: ownDev,
    prepare: (daemon) => {
      listeners.set(daemon, startSyslog(daemon));
    },
    supervisord: 'logfile=syslog\nloglevel=debug',
    configuration: [
      programSection(
        'says',
        'command=printf "one\\n\\ntwo caf\\303\\251\\tx\\r\\n%%s"  three',
        'startsecs=0',
        'autostart=false',
        'autorestart=false',
        'stdout_syslog=true',
        'stdout_logfile=NONE',
      ),
      programSection(
        'both',
        'command=sh -c "echo to both >&2"',
        'startsecs=0',
        'autostart=false',
        'autorestart=false',
        'stderr_syslog=true',
        'stderr_logfile=%(here)s/both.log',
      ),
    ].join(''),
    steps: [
      untilState(start('says'), 'says', 'EXITED'),
      messages(/^says /, 'says three'),
      messages(/ exited: says| spawned: 'says'/, 'exited: says (exit status 0; expected)\n'),
      messages(/DEBG (?:'says'|one|two|three)| DEBG $/, 'three\n'),
      untilState(start('both'), 'both', 'EXITED'),
      messages(/^both /, 'to both'),
      call('supervisor.readProcessStderrLog', 'both', 0, 0),
      call('supervisor.readProcessStdoutLog', 'says', 0, 0),
      call('supervisor.clearProcessLogs', 'both'),
      differs(
        call('supervisor.readProcessStderrLog', 'both', 0, 0),
        'the log of a process that is down is cleared as well',
        '',
      ),
      call('supervisor.readLog', 0, 0),
      call('supervisor.clearLog'),
      reopen,
      start('both'),
      messages(/^both /, 'to both', { times: 2 }),
    ],
  });
});
