/** Reading the configuration again, and groups that come and go. */
import type { Daemon } from '../../support/daemons.ts';
import { call, callForStatuses, differs, untilState } from '../steps/calls.ts';
import { compareDaemons, ExpectedFault, type Step } from '../steps/compare-daemons.ts';
import { waitForLine, waitForState } from '../steps/process-info.ts';
import { programSection } from '../steps/programs.ts';

const quick = ['command=/bin/cat', 'startsecs=0', 'stdout_logfile=NONE', 'stderr_logfile=NONE'];
const same = programSection('same', ...quick);
const gone = programSection('gone', ...quick);

const configuration = [
  same,
  gone,
  programSection('edited', ...quick),
  programSection('a', ...quick),
  programSection('b', ...quick),
  '[group:g]\nprograms=a,b\n',
].join('');

const edited = [
  same,
  programSection('new', ...quick, 'priority=5'),
  programSection('newer', ...quick, 'autostart=false'),
  programSection('edited', ...quick, 'startretries=4'),
  programSection('a', ...quick),
  programSection('b', ...quick),
  '[group:g]\nprograms=b,a\n',
].join('');

/** Each edit of one program, and whether it counts as a change. */
const edits: readonly (readonly string[])[] = [
  ['priority=5'],
  ['autostart=false'],
  ['autorestart=true'],
  ['startsecs=3'],
  ['exitcodes=0'],
  ['exitcodes=0,2'],
  ['stopsignal=HUP'],
  ['stopsignal=15'],
  ['stopwaitsecs=9'],
  ['stopasgroup=true'],
  ['killasgroup=true'],
  ['user=root'],
  ['directory=/tmp'],
  ['umask=022'],
  ['environment=A="1"'],
  ['redirect_stderr=true'],
  ['stdout_logfile=AUTO'],
  ['stdout_logfile=/tmp/no-log-of-anybody.log'],
  ['stdout_logfile_maxbytes=1MB'],
  ['stdout_capture_maxbytes=1KB'],
  ['stdout_events_enabled=true'],
  ['serverurl=http://127.0.0.1:1'],
  ['numprocs=1'],
  ['numprocs=2', 'process_name=%(process_num)d'],
  ['process_name=other'],
  ['command=/bin/cat  '],
  ['command=/bin/cat -u'],
];

/** Lines that come later win, as nothing in the file may be said twice. */
function editedSection(lines: readonly string[]): string {
  const byKey = new Map([...quick, ...lines].map((line) => [line.split('=')[0], line]));
  return programSection('edited', ...byKey.values());
}

function reread(name: string, text: string | ((daemon: Daemon) => string)): Step {
  return {
    name: `reloadConfig() with ${name}`,
    run(daemon) {
      daemon.configure(typeof text === 'string' ? text : text(daemon));
      return daemon.rpc('supervisor.reloadConfig');
    },
  };
}

const broken: readonly (readonly [string, string])[] = [
  ['a program without a command', '[program:x]\n'],
  ['no section header', 'what=ever\n[program:x]\ncommand=cat\n'],
  ['a bad number', '[program:x]\ncommand=cat\nstartsecs=many\n'],
  ['a bad boolean', '[program:x]\ncommand=cat\nautostart=perhaps\n'],
  ['a bad signal', '[program:x]\ncommand=cat\nstopsignal=WAVE\n'],
  ['a bad expansion', '[program:x]\ncommand=cat %(nosuch_)s\n'],
  ['a group of nothing', '[group:x]\nprograms=nosuch\n'],
  ['a missing log directory', '[program:x]\ncommand=cat\nstdout_logfile=/no/such/dir/x.log\n'],
  ['numprocs without a number in the name', '[program:x]\ncommand=cat\nnumprocs=2\n'],
  ['an unknown user', '[program:x]\ncommand=cat\nuser=nobody-of-that-name\n'],
  ['stopasgroup without killasgroup', '[program:x]\ncommand=cat\nstopasgroup=true\nkillasgroup=false\n'],
];

compareDaemons('XML-RPC methods on groups and the configuration', {
  configuration,
  steps: [
    {
      name: 'the programs are up',
      async run(daemon) {
        for (const name of ['same', 'gone', 'edited', 'g:a', 'g:b'])
          await waitForState(daemon, name, 'RUNNING');
      },
    },
    call('supervisor.reloadConfig'),
    ...edits.map((lines) => {
      const step = reread(lines.join(', '), [same, editedSection(lines), gone].join(''));
      if (lines[0] !== 'stdout_logfile=AUTO') return step;
      return differs(step, 'supervisord takes a file for AUTO', [[[], ['edited'], ['g']]]);
    }),
    ...broken.map(([name, text]) => reread(name, `${configuration}${text}`)),
    call('supervisor.getAllProcessInfo'),
    reread('added, changed and removed groups', edited),
    call('supervisor.reloadConfig'),
    call('supervisor.addProcessGroup', 'new'),
    call('supervisor.addProcessGroup', 'new'),
    call('supervisor.addProcessGroup', 'newer'),
    call('supervisor.addProcessGroup', 'same'),
    call('supervisor.addProcessGroup', 'gone'),
    call('supervisor.addProcessGroup', 'a'),
    { name: 'what was added runs', run: (daemon) => waitForState(daemon, 'new', 'RUNNING') },
    call('supervisor.removeProcessGroup', 'gone'),
    callForStatuses('supervisor.stopProcessGroup', 'gone'),
    call('supervisor.removeProcessGroup', 'gone'),
    call('supervisor.removeProcessGroup', 'gone'),
    call('supervisor.addProcessGroup', 'gone'),
    call('supervisor.getProcessInfo', 'gone'),
    call('supervisor.startProcess', 'gone'),
    call('supervisor.removeProcessGroup', 'g'),
    call('supervisor.stopProcess', 'g:a'),
    call('supervisor.removeProcessGroup', 'g'),
    callForStatuses('supervisor.stopProcess', 'g:*'),
    call('supervisor.removeProcessGroup', 'g'),
    untilState(call('supervisor.addProcessGroup', 'g'), 'g:b', 'RUNNING'),
    call('supervisor.reloadConfig'),
    call('supervisor.getAllProcessInfo'),
    {
      name: 'supervisor.getAllConfigInfo(), names and what is in use',
      async run(daemon) {
        const all = (await daemon.rpc('supervisor.getAllConfigInfo')) as readonly ReadonlyMap<
          string,
          unknown
        >[];
        return all.map((info) => ['group', 'name', 'inuse', 'startretries'].map((key) => info.get(key)));
      },
    },
    {
      name: 'a broken configuration changes nothing that is known',
      async run(daemon) {
        daemon.configure(`${same}[program:broken]\n`);
        const fault = await daemon.rpc('supervisor.reloadConfig').catch((error: unknown) => String(error));
        return [fault, await daemon.rpc('supervisor.addProcessGroup', 'broken').catch(String)];
      },
    },
    {
      name: 'restart() starts over with what the files say',
      async run(daemon) {
        daemon.configure(same);
        const answer = await daemon.rpc('supervisor.restart');
        const refusal = await daemon.rpc('supervisor.getState').catch(String);
        await waitForLine(daemon, "INFO spawned: 'same'");
        return { answer, refusal };
      },
    },
  ],
});

// A restart that could not start again must not stop anything.
compareDaemons('XML-RPC restart with a broken configuration', {
  configuration: same,
  steps: [
    { name: 'the program is up', run: (daemon) => waitForState(daemon, 'same', 'RUNNING') },
    differs(
      {
        name: 'restart()',
        run(daemon) {
          daemon.configure('[program:same]\n');
          return daemon.rpc('supervisor.restart');
        },
      },
      'supervisord stops everything, then ends',
      new ExpectedFault(
        92,
        "CANT_REREAD: program section program:same does not specify a command in section 'program:same' (file: '{dir}/supervisord.conf')",
      ),
    ),
  ],
});

const several = (numprocs: number, ...lines: readonly string[]) =>
  programSection('several', ...quick, 'process_name=%(process_num)d', `numprocs=${numprocs}`, ...lines);
const listener = (...lines: readonly string[]) =>
  `[eventlistener:listens]\n${[...quick, 'autostart=false', ...lines].join('\n')}\n`;
const fcgi = (...lines: readonly string[]) =>
  `[fcgi-program:answers]\n${[...quick, 'autostart=false', ...lines].join('\n')}\n`;
const socket = 'socket=unix://%(here)s/fcgi.sock';
const groupOf = (programs: string, ...lines: readonly string[]) =>
  `${programSection('a', ...quick)}${programSection('b', ...quick)}[group:g]\n${[`programs=${programs}`, ...lines].join('\n')}\n`;
const unedited = [
  several(3),
  groupOf('a,b'),
  listener('events=TICK_60,TICK_5'),
  fcgi(socket, 'socket_mode=0700'),
];

/** The configuration with its part at `index` replaced. */
function withPart(index: number, part: string): string {
  return unedited.with(index, part).join('');
}

compareDaemons('what XML-RPC reloadConfig takes for a change of a group', {
  configuration: unedited.join(''),
  steps: [
    { name: 'the programs are up', run: (daemon) => waitForState(daemon, 'g:b', 'RUNNING') },
    reread('more processes', withPart(0, several(5))),
    reread('fewer processes', withPart(0, several(1))),
    reread('other process numbers', withPart(0, several(3, 'numprocs_start=1'))),
    reread('the programs of a group in another order', withPart(1, groupOf('b,a'))),
    reread('one program less in a group', withPart(1, groupOf('b'))),
    reread('another priority of a group', withPart(1, groupOf('a,b', 'priority=5'))),
    reread('other events', withPart(2, listener('events=TICK_60'))),
    reread('a larger buffer', withPart(2, listener('events=TICK_60,TICK_5', 'buffer_size=11'))),
    reread('a listener that becomes a program', withPart(2, programSection('listens', ...quick))),
    reread('another socket', withPart(3, fcgi('socket=unix://%(here)s/other.sock', 'socket_mode=0700'))),
    differs(
      reread('another mode of the socket', withPart(3, fcgi(socket, 'socket_mode=0777'))),
      'supervisord compares the path alone',
      [[[], ['answers'], []]],
    ),
    reread('sections in another order', unedited.toReversed().join('')),
    reread('no change', unedited.join('')),
  ],
});
