import { describe, expect, it } from '@jest/globals';
import { originsOf } from '../../conf/schedule-origins.ts';
import {
  readStoredSchedule,
  type StoredScheduleResult,
  valuesOf,
  withoutTrigger,
} from '../../conf/stored-schedule.ts';
import { contextIn, settingsOf } from './support.ts';

const settings = settingsOf(`[supervisord]
environment=A="1"
[scheduler]
timezone=Asia/Tokyo
history_limit=7
[program:backup]
command=/bin/backup
autostart=false
numprocs=2
process_name=b%(process_num)d
[schedule:nightly]
program=backup
hour=3
`);

const add = (
  values: { readonly [key: string]: string },
  { name = 's', stored = [] }: { readonly name?: string; readonly stored?: readonly string[] } = {},
): StoredScheduleResult =>
  readStoredSchedule(name, new Map(Object.entries(values)), { settings, stored, context: contextIn('/srv') });

function added(...args: Parameters<typeof add>): Extract<StoredScheduleResult, { type: 'ok' }> {
  const result = add(...args);
  if (result.type === 'invalid') throw result.errors[0];
  return result;
}

const texts = (...args: Parameters<typeof add>): readonly string[] => {
  const result = add(...args);
  return result.type === 'ok' ? [] : result.errors.map(({ text }) => text);
};

describe('a schedule that a client adds', () => {
  it('is read as one in a file, with a group to activate', () => {
    const { schedule, group, notices } = added({
      program: 'backup',
      hour: '4',
      on_failure: 'schedule:nightly',
    });
    expect(schedule).toMatchObject({
      name: 's',
      source: 'rpc',
      section: 'schedule:s',
      action: { type: 'run' },
      trigger: { type: 'cron', hour: '4', timezone: 'Asia/Tokyo' },
      on_failure: { type: 'schedule', name: 'nightly' },
      history_limit: 7,
    });
    expect(group).toMatchObject({ type: 'schedule', name: 's', processesPerRun: 2, schedules: [schedule] });
    expect(group.processes.map(({ name, group: of, command }) => [name, of, command])).toEqual([
      ['b0', 's', '/bin/backup'],
      ['b1', 's', '/bin/backup'],
    ]);
    expect(notices).toEqual([]);
  });

  it('can have a command, with the environment that all programs have', () => {
    const { group } = added({
      command: '/bin/x %(ENV_A)s %(run_id)s',
      seconds: '5',
      environment: 'B=%(run_id)s',
    });
    expect(group.processes).toMatchObject([
      {
        name: 's',
        command: '/bin/x 1 %(run_id)s',
        environment: new Map([
          ['A', '1'],
          ['B', '%(run_id)s'],
        ]),
      },
    ]);
  });

  it('can be about the processes that run', () => {
    expect(added({ program: 'backup:*', action: 'restart', cron: '@daily' }).schedule.action).toEqual({
      type: 'restart',
      target: { type: 'group', group: 'backup' },
    });
  });

  it('can name another that a client has added, and itself', () => {
    const values = { command: 'x', hour: '1', on_success: 'schedule:other', on_failure: 'schedule:s' };
    expect(added(values, { stored: ['other'] }).schedule.on_success).toEqual({
      type: 'schedule',
      name: 'other',
    });
    expect(texts(values)).toEqual(['[schedule:s] on_success=schedule:other: there is no schedule other']);
  });

  it('is refused on one line, whatever was given', () => {
    const values = { command: 'x', hour: '1', minute: '1\n2', 'no\nkey': 'x\ny' };
    const refusals = texts(values);
    expect(refusals).toHaveLength(2);
    for (const text of refusals) {
      expect(text).not.toContain('\n');
      expect(text).toMatch(/^\[schedule:s\] (?:minute=1\\n2|no\\nkey=x\\ny): /);
    }
    expect(texts({ command: 'x', hour: '1', jitter: '9'.repeat(5000) })[0]?.slice(0, 300)).toContain(
      '9…: expected',
    );
  });

  it('gives back what it was made of', () => {
    const values = { program: 'backup', hour: '4', retries: '2' };
    const { schedule } = added(values);
    expect(Object.fromEntries(valuesOf(schedule))).toEqual(values);
    expect(Object.fromEntries(withoutTrigger(valuesOf(schedule)))).toEqual({
      program: 'backup',
      retries: '2',
    });
    expect(added(Object.fromEntries(valuesOf(schedule))).schedule).toEqual(schedule);
  });

  it('says of its keys that a client gave them', () => {
    const origins = new Map(
      originsOf(added({ program: 'backup', hour: '4' }).schedule, settings.scheduler).map(
        ({ key, origin }) => [key, origin.type],
      ),
    );
    expect(origins.get('hour')).toBe('rpc');
    expect(origins.get('history_limit')).toBe('file');
    expect(origins.get('overlap')).toBe('default');
  });

  const errors: readonly (readonly [Parameters<typeof add>, string])[] = [
    [
      [{ command: 'x', hour: '24' }],
      '[schedule:s] hour=24: the last value (24) is higher than the maximum value (23)',
    ],
    [[{ command: 'x', hour: '1', mintue: '1' }], '[schedule:s] mintue=1: unknown key; did you mean minute?'],
    [
      [{ command: 'x', triggers: 'a' }],
      '[schedule:s] triggers=a: is for schedules in files: a client says when by a key',
    ],
    [
      [{ program: 'bakcup', hour: '1' }],
      '[schedule:s] program=bakcup: there is no [program:bakcup]; did you mean backup?',
    ],
    [[{ hour: '1' }], '[schedule:s]: needs a program or a command'],
    [[{ command: 'x', hour: '1' }, { name: 'backup' }], '[schedule:backup]: there is a group named backup'],
    [
      [{ command: 'x', hour: '1' }, { name: 'a:b' }],
      "[schedule:a:b]: Invalid name: 'a:b' because of character: ':'",
    ],
    [
      [{ command: 'x', hour: '1' }, { name: 'a\nb' }],
      "[schedule:a\\nb]: Invalid name: 'a\\nb': it has control characters",
    ],
  ];
  for (const [args, text] of errors) {
    it(`is refused: ${text}`, () => expect(texts(...args)[0]).toBe(text));
  }

  it('is refused under the name of one in a file, with its place', () => {
    expect(texts({ command: 'x', hour: '1' }, { name: 'nightly' })).toEqual([
      expect.stringMatching(
        /^\[schedule:nightly\]: there is a schedule named nightly in .*supervisord\.conf:11$/,
      ),
    ]);
  });
});
