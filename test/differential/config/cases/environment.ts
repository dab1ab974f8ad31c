import { type ConfigCase, program } from '../config-case.ts';

const agreeing: readonly string[] = [
  'A=1,B=2',
  'A="1",B="2"',
  ' A = 1 , B = 2 ',
  'A="x,y"',
  "A='x y'",
  'A=""',
  'A=/p/x+(1.2)-_:9',
  'A=a b',
  'A=~/x',
  'A=$HOME',
  'A=1;B=2',
  'A=a@B=c',
  'A=a@b',
  'A=a;b',
  'A=x=y',
  'A={"a":1}',
  'A=1 B=2',
  'A=1,,B=2',
  ',A=1',
  'A=',
  'A',
  'A=abc#def,B=2',
  'A-B=1',
  'A.B=1',
  '1=2',
  'A=1,',
  'A=1,A=2',
  'A=é',
  'A=é,B=ü×1',
  'A="中文"',
  'A=中',
  'A="%(ENV_WORD)s"',
  'A=%(ENV_WORD)s',
  'A="open',
  "A='open",
  'A="x\n  y"',
  'A=1,\n  B=2',
  '',
  'A="1" , B="2"',
  '=1',
  'A==1',
  'A="a#b"',
  "A='a\"b'",
];

interface Difference {
  readonly text: string;
  readonly ours: string;
  readonly why: string;
}

const escapes = 'since 4.3.1 a backslash escapes; 4.2.5 has no escapes';
const quotes = 'since 4.3.1 quotes are taken off as a shell does; 4.2.5 strips them from both ends';

const differing: readonly Difference[] = [
  { text: 'A="a\\"b"', ours: 'ok', why: escapes },
  { text: 'A=a\\b', ours: 'ok', why: escapes },
  { text: 'A=1\\,2', ours: 'ok', why: escapes },
  { text: 'A="a\\\\b"', ours: 'ok', why: escapes },
  { text: 'A=a\\', ours: 'No escaped character', why: escapes },
  { text: `A="'q'"`, ours: 'ok', why: quotes },
  { text: 'A="a""b"', ours: 'ok', why: quotes },
  { text: '"A"=1', ours: 'ok', why: quotes },
  { text: `A=a"b c"'d'`, ours: 'ok', why: quotes },
];

const names = (text: string) => JSON.stringify(text);

export const environmentCases: readonly ConfigCase[] = [
  ...agreeing.map((text) => ({
    name: `the environment ${names(text)}`,
    config: program(`environment=${text}`),
  })),
  ...differing.map(({ text, ...differs }) => ({
    name: `the environment ${names(text)}`,
    config: program(`environment=${text}`),
    differs,
  })),
  { name: 'a wrong environment of [supervisord]', config: '[supervisord]\nenvironment=A\n' },
  {
    name: 'environments of [supervisord] and of a program together',
    config: '[supervisord]\nenvironment=A="1",B="2"\n[program:p]\ncommand=x\nenvironment=B="3",C="4"\n',
  },
];
