import type { ConfigCase } from '../config-case.ts';

const including = (files: string, rest = '') => `[supervisord]\n${rest}[include]\nfiles=${files}\n`;
const programFile = (name: string) => `[program:${name}]\ncommand=x\n`;

export const includeCases: readonly ConfigCase[] = [
  { name: 'an [include] without files', config: '[supervisord]\n[include]\n' },
  { name: 'an [include] of nothing', config: including('') },
  { name: 'an included program', config: including('d/*.conf'), files: { 'd/a.conf': programFile('a') } },
  {
    name: 'an included file by its absolute path',
    config: including('{dir}/d/a.conf'),
    files: { 'd/a.conf': programFile('a') },
  },
  { name: 'a pattern that matches nothing', config: including('d/*.conf {dir}/none.ini') },
  {
    name: 'several files in the order of their names',
    config: including('d/*.ini'),
    files: {
      'd/b.ini': '[supervisord]\nidentifier=b\n',
      'd/a.ini': '[supervisord]\nidentifier=a\n',
      'd/B.ini': '[supervisord]\nminfds=1\n',
    },
  },
  {
    name: 'patterns from left to right, a file twice',
    config: including('d/b.ini\n  d/*.ini\t d/a.ini'),
    files: { 'd/b.ini': '[supervisord]\nidentifier=b\n', 'd/a.ini': '[supervisord]\nidentifier=a\n' },
    differs: { why: 'a file read twice is logged once', ours: 'ok' },
  },
  {
    name: 'a hidden file',
    config: including('d/* d/.h*'),
    files: { 'd/.hidden': programFile('h'), 'd/seen': programFile('s') },
  },
  {
    name: 'a star across directories',
    config: including('*/x/*.ini **/y.ini'),
    files: {
      'd/x/a.ini': programFile('a'),
      'd/e/y.ini': programFile('b'),
      'd/y.ini': programFile('c'),
      'y.ini': programFile('d'),
    },
  },
  {
    name: 'character classes',
    config: including('[ab].ini [!ab].ini [x-z][0-9].ini [].ini [[].ini a?.ini'),
    files: {
      'a.ini': programFile('a'),
      'b.ini': programFile('b'),
      'c.ini': programFile('c'),
      'y5.ini': programFile('y5'),
      '[.ini': programFile('bracket'),
      'aé.ini': programFile('two'),
    },
    differs: { why: 'a file read twice is logged once', ours: 'ok' },
  },
  {
    name: 'a class that is not closed, and braces',
    config: including('[ab {a,b}.ini'),
    files: { '[ab': programFile('a'), 'a.ini': programFile('b') },
  },
  {
    name: 'a partial section in an included file',
    config: including('a.ini', '[program:a]\ncommand=x\npriority=5\nstartsecs=1\n'),
    files: { 'a.ini': '[program:a]\npriority=6\numask=077\n' },
  },
  {
    name: '[supervisord] in an included file only',
    config: '[include]\nfiles=a.ini\n',
    files: { 'a.ini': '[supervisord]\nidentifier=included\n' },
  },
  {
    name: '[DEFAULT] in an included file',
    config: including('a.ini', '[program:p]\ncommand=x\n'),
    files: { 'a.ini': '[DEFAULT]\nstartsecs=4\n' },
  },
  {
    name: 'here in an included file',
    config: including('d/a.ini', '[program:m]\ncommand=%(here)s/m\n'),
    files: { 'd/a.ini': '[program:a]\ncommand=%(here)s/a\n[program:m]\ndirectory=%(here)s\n' },
  },
  {
    name: 'a wrong value in an included file',
    config: including('a.ini'),
    files: { 'a.ini': '[program:a]\ncommand=x\nstartsecs=x\n' },
  },
  {
    name: 'a wrong value in an included file for a program of the main file',
    config: including('a.ini', '[program:a]\ncommand=x\n'),
    files: { 'a.ini': '[program:a]\nstartsecs=x\n' },
  },
  {
    name: 'a malformed included file',
    config: including('a.ini'),
    files: { 'a.ini': '[program:a]\njunk\n' },
  },
  { name: 'an included file without a section', config: including('a.ini'), files: { 'a.ini': 'x=1\n' } },
  {
    name: 'a directory among the matches',
    config: including('d/*'),
    files: { 'd/a/': '', 'd/b': programFile('b') },
  },
  {
    name: 'a name from the environment in a pattern',
    config: including('%(ENV_WORD)s.ini %(here)s/b.ini'),
    files: { 'word.ini': programFile('a'), 'b.ini': programFile('b') },
  },
  { name: 'an unknown name in a pattern', config: including('%(nope)s') },
  { name: 'a tilde in a pattern', config: including('~/nosuch*') },
  {
    name: 'an [include] in an included file',
    config: including('a.ini'),
    files: { 'a.ini': '[include]\nfiles=b.ini\n[program:a]\ncommand=x\n', 'b.ini': programFile('b') },
  },
  {
    name: 'a doubled percent sign in front of here, with an [include]',
    config: including('', '[program:p]\ncommand=%%(here)s\n'),
    differs: { why: 'a doubled percent sign stays one', ours: 'ok' },
  },
  {
    name: 'here in [inet_http_server], with an [include]',
    config: including('', '[inet_http_server]\nport=1\nusername=%(here)s\npassword=x\n'),
  },
];
