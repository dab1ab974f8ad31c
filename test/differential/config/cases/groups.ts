import type { ConfigCase } from '../config-case.ts';

const programs = (...names: readonly string[]) =>
  `[supervisord]\n${names.map((name) => `[program:${name}]\ncommand=x\n`).join('')}`;

export const groupCases: readonly ConfigCase[] = [
  { name: 'no programs at all', config: '[supervisord]\n' },
  {
    name: 'groups by priority, then by name',
    config: `${programs('c', 'a')}priority=5\n[program:b]\ncommand=x\n[program:B]\ncommand=x\n[program:é]\ncommand=x\n[program:😀]\ncommand=x\n[program:\uff5e]\ncommand=x\n`,
  },
  {
    name: 'processes by name',
    config: `${programs()}[program:p]\ncommand=x\nnumprocs=11\nprocess_name=%(process_num)d\n`,
  },
  { name: 'a group', config: `${programs('a', 'b', 'c')}[group:g]\nprograms=b, a\npriority=7\n` },
  { name: 'a group that comes first in the file', config: `[group:g]\nprograms=b,a\n${programs('a', 'b')}` },
  { name: 'a group without programs', config: `${programs('a')}[group:g]\n` },
  { name: 'a group with an empty list', config: `${programs('a')}[group:g]\nprograms=\n` },
  { name: 'a group with an unknown program', config: `${programs('a')}[group:g]\nprograms=x,a\n` },
  { name: 'a group with a wrong priority', config: `${programs('a')}[group:g]\nprograms=a\npriority=x\n` },
  { name: 'a group with a wrong name', config: `${programs('a')}[group:g h]\nprograms=a\n` },
  { name: 'a group with blanks around its name', config: `${programs('a')}[group: g ]\nprograms=a\n` },
  {
    name: 'a group with a member that is wrong',
    config: `${programs('a')}startsecs=x\n[group:g]\nprograms=a\n`,
  },
  {
    name: 'a group with a member whose priority is its own',
    config: `${programs('a')}priority=%(group_name)s\n[group:7]\nprograms=a\n`,
  },
  {
    name: 'a group that names an event listener',
    config: `${programs()}[eventlistener:l]\ncommand=x\nevents=TICK\n[group:g]\nprograms=l\n`,
  },
  {
    name: 'a program in two groups',
    config: `${programs('a')}[group:g]\nprograms=a\n[group:h]\nprograms=a\n`,
  },
  { name: 'a group of a program of its own name', config: `${programs('a')}[group:a]\nprograms=a\n` },
  {
    name: 'a name of both kinds in a group',
    config: `${programs('a')}[fcgi-program:a]\ncommand=x\nsocket=tcp://a:1\n[group:g]\nprograms=a\n`,
  },
  {
    name: 'several processes of several programs in a group',
    config: `${programs('a')}numprocs=2\nprocess_name=%(group_name)s%(process_num)d\n[program:b]\ncommand=x\n[group:g]\nprograms=b,a\n`,
  },
  {
    name: 'all kinds of groups by priority',
    config: `${programs('p')}[eventlistener:l]\ncommand=x\nevents=TICK\n[fcgi-program:f]\ncommand=x\nsocket=tcp://a:1\n[group:g]\nprograms=\npriority=-5\n`,
  },
  { name: 'a [group] without a name', config: `${programs('a')}[group]\nprograms=a\n` },
  {
    name: 'an unknown program behind a known one',
    config: `${programs('a')}[group:g]\nprograms=a,x\n`,
    differs: {
      why: 'supervisord names the wrong section',
      ours: '[group:g] names unknown program or fcgi-program x',
    },
  },
  {
    name: 'a comma at the end of the list of programs',
    config: `${programs('a')}[group:g]\nprograms=a,\n`,
    differs: {
      why: 'supervisord names the wrong section',
      ours: '[group:g] names unknown program or fcgi-program ',
    },
  },
  {
    name: 'a program twice in a group',
    config: `${programs('a')}[group:g]\nprograms=a,a\n`,
    differs: { why: 'it runs once, so it counts once', ours: 'ok' },
  },
  {
    name: 'two processes of one name in a group',
    config: `${programs('a')}process_name=same\n[program:b]\ncommand=x\nprocess_name=same\n[group:g]\nprograms=a,b\n`,
    differs: { why: 'supervisord drops one of them silently', ours: 'second process named same in group g' },
  },
  {
    name: 'several processes whose names come out equal',
    config: `${programs('a')}numprocs=2\nprocess_name=%%(process_num)s\n`,
    differs: {
      why: 'supervisord drops one of them silently',
      ours: 'second process named %(process_num)s in group a',
    },
  },
  {
    name: 'a group and a program of one name',
    config: `${programs('a', 'b')}[group:a]\nprograms=b\n`,
    differs: {
      why: 'supervisord drops one of them silently',
      ours: '[group:a] makes a group named a already',
    },
  },
  {
    name: 'a program and a listener of one name',
    config: `${programs('a')}[eventlistener:a]\ncommand=x\nevents=TICK\n`,
    differs: { why: 'supervisord drops one of them silently', ours: 'makes a group named a already' },
  },
  {
    name: 'a fcgi program in a group without a socket',
    config: `${programs()}[fcgi-program:f]\ncommand=x\n[group:g]\nprograms=f\n`,
    differs: {
      why: 'a fcgi program has its socket in a group too',
      ours: 'section requires a "socket" line',
    },
  },
  {
    name: 'a fcgi program in a group',
    config: `${programs()}[fcgi-program:f]\ncommand=x\nsocket=tcp://a:1\n[group:g]\nprograms=f\n`,
  },
];
