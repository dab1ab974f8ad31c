import { describe, expect, it } from '@jest/globals';
import { diffGroups, unchangedProcesses } from '../../conf/diff.ts';
import type { GroupSettings } from '../../conf/settings.ts';
import { messagesOf, settingsOf } from './support.ts';

const groupsOf = (config: string) => settingsOf(`[supervisord]\n${config}`).groups;
const program = (name: string, ...lines: readonly string[]) =>
  `[program:${name}]\ncommand=x\n${lines.join('\n')}\n`;
const errors = (config: string) => messagesOf(`[supervisord]\n${config}`);
const fcgi = (...lines: readonly string[]) => `[fcgi-program:f]\ncommand=x\n${lines.join('\n')}\n`;
const listener = (...lines: readonly string[]) =>
  `[eventlistener:l]\ncommand=x\nevents=TICK_5\n${lines.join('\n')}\n`;

describe('groups', () => {
  it('come by priority, then by name', () => {
    const config = program('b') + program('a') + program('Z') + program('z', 'priority=-2') + listener();
    expect(groupsOf(config).map(({ name }) => name)).toEqual(['z', 'l', 'Z', 'a', 'b']);
  });

  it('take their programs from the list, in its order', () => {
    const [group, ...others] = groupsOf(
      `${program('a')}${program('b')}[group:g]\nprograms=b, a\npriority=5\n`,
    );
    expect(others).toEqual([]);
    expect(group).toMatchObject({
      type: 'group',
      name: 'g',
      priority: 5,
      processes: [{ name: 'b', group: 'g' }, { name: 'a' }],
    });
  });

  it('name the group in errors about any of its programs', () => {
    expect(errors(`${program('a')}[group:g]\nprograms=a,x,y\n`)).toEqual([
      'supervisord.conf:6: [group:g] programs: "a,x,y": [group:g] names unknown program or fcgi-program x',
      'supervisord.conf:6: [group:g] programs: "a,x,y": [group:g] names unknown program or fcgi-program y',
    ]);
  });

  it('refuse a name of two kinds', () => {
    expect(errors(`${program('f')}${fcgi('socket=tcp://a:1')}[group:g]\nprograms=f\n`)).toContainEqual(
      expect.stringContaining('[group:g] name f is ambiguous (exists as program and fcgi-program)'),
    );
  });

  it('are not two of one name', () => {
    expect(errors(`${program('a')}${program('b')}[group:a]\nprograms=b\n`)).toEqual([
      'supervisord.conf:2: [program:a]: [group:a] makes a group named a already',
    ]);
  });

  it('do not hold two processes of one name', () => {
    const config = `${program('a', 'process_name=s')}${program('b', 'process_name=s')}[group:g]\nprograms=a,b\n`;
    expect(errors(config)).toEqual([
      'supervisord.conf:8: [group:g]: [program:b] makes a second process named s in group g',
    ]);
  });

  it('count a program that is listed twice once, with a warning', () => {
    const { groups, notices } = settingsOf(`[supervisord]\n${program('a')}[group:g]\nprograms=a,a\n`);
    expect(groups[0]?.processes).toHaveLength(1);
    expect(notices[0]?.text).toMatch(/\[group:g\] programs: "a,a": a is listed twice and counts once$/);
  });

  it('do not take an empty or unusable name', () => {
    expect(errors('[program:]\ncommand=x\n')[0]).toContain("Invalid name: '' because it is empty");
    expect(errors('[group:]\nprograms=\n')[0]).toContain("Invalid name: '' because it is empty");
    expect(errors('[group:a b]\nprograms=\n')[0]).toContain("Invalid name: 'a b' because of character: ' '");
    expect(errors(listener().replace(':l', ':a/b'))[0]).toContain(
      "Invalid name: 'a/b' because of character: '/'",
    );
  });
});

describe('an event listener', () => {
  it('is a pool', () => {
    expect(groupsOf(listener('buffer_size=5', 'events=tick_5,EVENT,TICK_5'))[0]).toMatchObject({
      type: 'eventlistener',
      priority: -1,
      buffer_size: 5,
      events: ['TICK_5', 'EVENT'],
      result_handler: 'supervisor.dispatchers:default_handler',
      processes: [{ priority: 999 }],
    });
  });

  const cases: readonly (readonly [string, string])[] = [
    ['events=', '[eventlistener:l] section requires an "events" line'],
    ['events=TICK_5,', 'Unknown event type  in [eventlistener:l] events'],
    ['events=TICK_5 TICK_60', 'Unknown event type TICK_5 TICK_60 in [eventlistener:l] events'],
    ['buffer_size=0', '[eventlistener:l] section sets invalid buffer_size (0)'],
    ['result_handler=a:b', 'a:b cannot be resolved within [eventlistener:l]'],
    [
      'redirect_stderr=true',
      '[eventlistener:l] section sets redirect_stderr=true but this is not allowed because it will interfere with the eventlistener protocol',
    ],
  ];
  for (const [line, message] of cases) {
    it(`refuses ${line}`, () => expect(errors(listener(line))[0]).toContain(message));
  }
});

describe('a fcgi program', () => {
  it('has its socket, in a group too', () => {
    const socket = { url: 'unix:///s/f', owner: { uid: 1000, gid: 1001 }, mode: 0o700, backlog: undefined };
    const config = fcgi('socket=unix:///s/%(program_name)s', 'user=web');
    expect(groupsOf(config)[0]).toMatchObject({ type: 'fcgi-program', socket, processes: [{ socket }] });
    expect(groupsOf(`${config}[group:g]\nprograms=f\n`)[0]).toMatchObject({
      type: 'group',
      processes: [{ socket }],
    });
  });

  it('leaves the owner of its socket alone when it runs as the daemon does', () => {
    expect(groupsOf(fcgi('socket=unix:///s', 'user=root'))[0]).toMatchObject({
      socket: { owner: undefined },
    });
  });

  const cases: readonly (readonly [readonly string[], string])[] = [
    [[], '[fcgi-program:f] section requires a "socket" line'],
    [['socket=unix://s'], 'Unix socket path s is not an absolute path in [fcgi-program:f] socket'],
    [
      ['socket=tcp://a:1', 'socket_mode=0777'],
      'socket_owner and socket_mode params should only be used with a Unix domain socket in [fcgi-program:f] socket',
    ],
    [['socket=tcp://a:1', 'socket_backlog=70000'], 'Invalid socket_backlog value 70000'],
    [['socket=unix:///s', 'socket_mode=9'], 'Invalid socket_mode value 9'],
    [['socket=unix:///s', 'socket_owner=x:y'], 'Invalid socket_owner value x:y'],
  ];
  for (const [lines, message] of cases) {
    it(`refuses ${JSON.stringify(lines)}`, () => expect(errors(fcgi(...lines))[0]).toContain(message));
  }
});

describe('a difference', () => {
  const diff = (before: string, after: string) => diffGroups(groupsOf(before), groupsOf(after));
  const unchanged = { added: [], changed: [], removed: [] };
  const changedA = { ...unchanged, changed: ['a'] };

  it('names groups that came, changed and went', () => {
    expect(
      diff(
        program('a') + program('b') + program('c'),
        program('d') + program('c', 'umask=022') + program('b'),
      ),
    ).toEqual({
      added: ['d'],
      changed: ['c'],
      removed: ['a'],
    });
  });

  it('is none between equal configurations, wherever they are written', () => {
    expect(
      diff(program('a', 'environment=A="1",B="2"'), `; c\n${program('a', 'environment=B="2",A="1"')}`),
    ).toEqual(unchanged);
  });

  const settings = [
    'command=y',
    'priority=1',
    'autostart=false',
    'autorestart=true',
    'startsecs=2',
    'startretries=1',
    'exitcodes=0,2',
    'stopsignal=HUP',
    'stopwaitsecs=1',
    'stopasgroup=true',
    'killasgroup=true',
    'user=web',
    'redirect_stderr=true',
    'directory=/',
    'umask=022',
    'environment=A="1"',
    'serverurl=http://x',
    'process_name=b',
    'numprocs=0',
    ...['stdout', 'stderr'].flatMap((channel) => [
      `${channel}_logfile=/tmp/x`,
      `${channel}_logfile=NONE`,
      `${channel}_logfile_maxbytes=1`,
      `${channel}_logfile_backups=1`,
      `${channel}_capture_maxbytes=1`,
      `${channel}_events_enabled=true`,
      `${channel}_syslog=true`,
    ]),
  ];
  for (const line of settings) {
    it(`sees ${line} come and go`, () => {
      expect(diff(program('a'), program('a', line))).toEqual(changedA);
      expect(diff(program('a', line), program('a'))).toEqual(changedA);
    });
  }

  it('sees the environment of [supervisord] in every group', () => {
    const before = settingsOf(`[supervisord]\n${program('a')}`).groups;
    const after = settingsOf(`[supervisord]\nenvironment=A="1"\n${program('a')}`).groups;
    expect(diffGroups(before, after)).toEqual(changedA);
  });

  it('sees every key of a pool and of a socket', () => {
    const changed = (name: string) => ({ ...unchanged, changed: [name] });
    expect(diff(listener(), listener('buffer_size=3'))).toEqual(changed('l'));
    expect(diff(listener(), listener('events=TICK_60'))).toEqual(changed('l'));
    const socket = 'socket=unix:///s';
    for (const line of ['socket=unix:///t', 'socket_owner=web', 'socket_mode=0777', 'socket_backlog=5']) {
      expect(diff(fcgi(socket), fcgi(socket, line))).toEqual(changed('f'));
    }
  });

  it('counts a program and a group of it alone as the same kind, and a pool as another', () => {
    expect(diff(program('a'), `${program('a')}[group:a]\nprograms=a\n`)).toEqual(unchanged);
    const pool = listener('priority=999').replace(':l', ':a');
    expect(diff(program('a'), pool)).toEqual(changedA);
  });

  it('of a group with itself is none', () => {
    const all: readonly GroupSettings[] = groupsOf(program('a') + listener() + fcgi('socket=tcp://a:1'));
    expect(diffGroups(all, structuredClone(all))).toEqual(unchanged);
  });
});

describe('what two configurations of a group have in common', () => {
  const common = (before: string, after: string): readonly string[] => {
    const [[active], [next]] = [groupsOf(before), groupsOf(after)];
    if (active === undefined || next === undefined) throw new Error('one group each');
    return [...unchangedProcesses(active, next)].sort();
  };
  const pool = (numprocs: number, ...lines: readonly string[]) =>
    program('a', 'process_name=%(process_num)d', `numprocs=${numprocs}`, ...lines);
  const group = (programs: string, ...lines: readonly string[]) =>
    `${program('a')}${program('b')}${program('c')}[group:g]\nprograms=${programs}\n${lines.join('\n')}\n`;

  it('is every process that goes on when numprocs changes', () => {
    expect(common(pool(3), pool(5))).toEqual(['0', '1', '2']);
    expect(common(pool(5), pool(2))).toEqual(['0', '1']);
    expect(common(pool(3), pool(3, 'numprocs_start=1'))).toEqual(['1', '2']);
  });

  it('is none if the number is part of what runs', () => {
    const counting = 'environment=OF="%(numprocs)d"';
    expect(common(pool(3, counting), pool(5, counting))).toEqual([]);
  });

  it('is not touched by what only concerns the group', () => {
    expect(common(group('a,b,c'), group('c,b,a', 'priority=5'))).toEqual(['a', 'b', 'c']);
    expect(common(listener(), listener('buffer_size=3', 'priority=-1'))).toEqual(['l']);
    expect(common(program('a'), program('a', 'priority=1'))).toEqual(['a']);
  });

  it('is none when the socket changes, or programs become listeners', () => {
    expect(common(fcgi('socket=unix:///s'), fcgi('socket=unix:///s', 'socket_mode=0777'))).toEqual([]);
    const alike = ['autorestart=unexpected', 'stopwaitsecs=10'];
    const asListener = listener(...alike).replace(':l', ':a');
    expect(common(program('a', ...alike), asListener)).toEqual([]);
    expect(common(asListener, listener(...alike, 'buffer_size=2').replace(':l', ':a'))).toEqual(['a']);
  });
});
