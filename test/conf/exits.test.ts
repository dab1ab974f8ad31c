import { describe, expect, it } from '@jest/globals';
import { messagesOf, settingsOf } from './support.ts';

function processOf(...lines: readonly string[]) {
  return settingsOf(`[supervisord]\n[program:p]\ncommand=x\n${lines.join('\n')}\n`).groups[0]?.processes[0];
}

describe('on_exit and on_fatal', () => {
  it('do nothing by default; on_fatal goes with on_exit', () => {
    expect(processOf()).toMatchObject({ on_exit: 'none', on_fatal: 'none' });
    expect(processOf('on_exit=shutdown')).toMatchObject({ on_exit: 'shutdown', on_fatal: 'shutdown' });
    expect(processOf('on_exit=Shutdown_Unexpected')).toMatchObject({
      on_exit: 'shutdown_unexpected',
      on_fatal: 'shutdown',
    });
    expect(processOf('on_exit=shutdown', 'on_fatal=none')).toMatchObject({ on_fatal: 'none' });
    expect(processOf('on_fatal=shutdown')).toMatchObject({ on_exit: 'none', on_fatal: 'shutdown' });
  });

  it('are keys of listeners and FastCGI programs too', () => {
    const { groups } = settingsOf(`[supervisord]
[eventlistener:l]
command=x
events=TICK_5
on_exit=shutdown
[fcgi-program:f]
command=x
socket=tcp://127.0.0.1:9000
on_exit=shutdown
`);
    expect(groups.flatMap((group) => group.processes).map(({ on_exit }) => on_exit)).toEqual([
      'shutdown',
      'shutdown',
    ]);
  });

  it('take no other word', () => {
    expect(messagesOf('[supervisord]\n[program:p]\ncommand=x\non_exit=restart\non_fatal=yes\n')).toEqual([
      `supervisord.conf:4: [program:p] on_exit: "restart": expected none, shutdown or shutdown_unexpected, not 'restart'`,
      `supervisord.conf:5: [program:p] on_fatal: "yes": expected none or shutdown, not 'yes'`,
    ]);
  });
});

describe('exit_code_from', () => {
  const programs = `[program:web]
command=x
[program:worker]
command=x
numprocs=2
process_name=%(program_name)s_%(process_num)d
[program:db]
command=x
[group:site]
programs=db
[eventlistener:l]
command=x
events=TICK_5
`;
  const config = (name: string) => `[supervisord]\nexit_code_from=${name}\n${programs}`;

  for (const [name, process] of [
    ['web', { group: 'web', name: 'web' }],
    ['web:web', { group: 'web', name: 'web' }],
    ['worker:worker_1', { group: 'worker', name: 'worker_1' }],
    ['site:db', { group: 'site', name: 'db' }],
    ['l', { group: 'l', name: 'l' }],
  ] as const) {
    it(`names one process: ${name}`, () => {
      expect(settingsOf(config(name)).supervisord.exit_code_from).toEqual(process);
    });
  }

  for (const [name, hint] of [
    ['wbe', ''],
    ['db', '; did you mean site:db?'],
    ['worker', '; did you mean worker:worker_0?'],
    ['worker:*', '; did you mean worker:worker_0?'],
    ['worker:', '; did you mean worker:worker_0?'],
    ['', ''],
  ]) {
    it(`is an error when it names none: "${name}"`, () => {
      expect(messagesOf(config(name ?? ''))).toEqual([
        `supervisord.conf:2: [supervisord] exit_code_from: "${name}": no process '${name}' is configured${hint}`,
      ]);
    });
  }

  it('is nothing by default, and neither is exit_when_done', () => {
    const { supervisord } = settingsOf('[supervisord]\n');
    expect(supervisord).toMatchObject({ exit_code_from: undefined, exit_when_done: false });
    expect(settingsOf('[supervisord]\nexit_when_done=true\n').supervisord.exit_when_done).toBe(true);
  });
});
