import { type ConfigCase, program, supervisord } from '../config-case.ts';

/** The lines of a configuration that gives `identifier` this text, continuation lines included. */
const identifier = (text: string) => supervisord(`identifier=${text}`);

const malformed: readonly ConfigCase[] = [
  { name: 'a file with no section', config: 'junk\n' },
  { name: 'a key in front of the first section', config: '\n; comment\nx=1\n[supervisord]\n' },
  { name: 'an indented key in front of the first section', config: '  x=1\n[supervisord]\n' },
  { name: 'an empty file', config: '' },
  { name: 'a file of comments', config: '; a\n# b\n' },
  { name: 'a line without a delimiter', config: supervisord('junk') },
  {
    name: 'several bad lines',
    config: supervisord('junk', 'identifier=x', 'more junk', '', '=1', 'the "end"'),
  },
  {
    name: 'a bad line with a line deeper than it',
    config: supervisord('identifier=x', 'junk', '   more', '  again'),
  },
  { name: 'a line deeper than a keyless one', config: supervisord('=x', '   more', 'junk') },
  { name: 'a bad last line without a line end', config: '[supervisord]\njunk' },
  { name: 'a bad line in quotes of both kinds', config: supervisord(`it's "junk"\t\\`) },
  { name: 'a bad line beyond ASCII', config: supervisord('“junk” \u00a0\u200b 中文 😀') },
  { name: 'a bad line that ends in CR LF', config: '[supervisord]\r\njunk\r\n' },
  { name: 'an empty header first', config: '[]\n[supervisord]\n' },
  { name: 'an empty header later', config: '[supervisord]\n[]\n' },
  { name: 'an unclosed header', config: '[supervisord\n' },
  { name: 'a hundred and one lines, the last bad', config: `[supervisord]\n${'\n'.repeat(99)}junk\n` },
  { name: 'a byte that starts nothing in UTF-8', config: Buffer.from('[supervisord]\nx=\xff\n', 'latin1') },
  { name: 'a lead byte without what follows', config: Buffer.from('[supervisord]\nx=\xe4 \n', 'latin1') },
  { name: 'a character cut in its middle', config: Buffer.from('[supervisord]\nx=\xe4\xb8 \n', 'latin1') },
  { name: 'a surrogate in UTF-8', config: Buffer.from('[supervisord]\nx=\xed\xa0\x80\n', 'latin1') },
  { name: 'an overlong form', config: Buffer.from('[supervisord]\nx=\xc0\xaf\n', 'latin1') },
];

const readable: readonly ConfigCase[] = [
  { name: 'an inline comment behind a blank', config: identifier('1 ; c') },
  { name: 'an inline hash comment', config: identifier('1 # c') },
  { name: 'an inline comment behind a tab', config: identifier('1\t;c') },
  { name: 'a semicolon with no blank in front', config: identifier('1;c') },
  { name: 'a hash with no blank in front', config: identifier('1#c') },
  { name: 'a semicolon right behind the equals sign', config: identifier(';foo') },
  { name: 'a comment that leaves an empty value', config: identifier(' ;foo') },
  { name: 'a hash right behind the equals sign', config: identifier('#ab') },
  { name: 'a comment sign in an address', config: identifier('http://x/ #frag') },
  { name: 'comment signs found in rounds', config: identifier('a;b ;c # d') },
  { name: 'comment signs found in rounds, the other way', config: identifier('a#b #c ; d') },
  { name: 'quotes that do not protect a comment sign', config: program('command=bash -c "a ; b"') },
  { name: 'a semicolon behind a word in quotes', config: program(`command=sh -c "trap 'x' TERM; y"`) },
  { name: 'a key in two cases', config: supervisord('Identifier=V', 'IDENTIFIER=w') },
  { name: 'a colon as delimiter', config: supervisord('identifier: v') },
  { name: 'a colon between blanks', config: supervisord('identifier : v') },
  { name: 'a colon in a value', config: identifier('a:b') },
  { name: 'an equals sign behind a colon', config: supervisord('identifier:a=b') },
  { name: 'two equals signs', config: identifier('=1') },
  { name: 'an empty value', config: identifier('') },
  { name: 'a value in quotes', config: identifier('"a b"') },
  {
    name: 'continuation lines with a comment and a blank line between',
    config: supervisord('identifier=1', '  2', '  ; c', '  3', '', '  4'),
  },
  { name: 'a value that begins on the next line', config: supervisord('identifier=', '  1', '  2') },
  {
    name: 'blank lines at the end of a value',
    config: supervisord('identifier=1', '', '   ', '', 'umask=077'),
  },
  {
    name: 'a key swallowed by deeper indentation',
    config: supervisord('  identifier=1', '  umask=022', '    minfds=3'),
  },
  {
    name: 'a section swallowed by deeper indentation',
    config: supervisord('identifier=1', '   [b]', 'minfds=2'),
  },
  { name: 'a comment in column 0 inside a value', config: supervisord('identifier=1', '; c', '# d', '  2') },
  { name: 'a continuation with its own comment', config: supervisord('identifier=1 ; a', '  2 ; b', '  3') },
  { name: 'indentation by tabs', config: supervisord('identifier=1', '\t2', '\t\t3') },
  { name: 'indentation by a no-break space', config: supervisord('identifier=1', '\u00a02') },
  { name: 'a backslash at the end of a line', config: supervisord('identifier=a\\', 'minfds=5') },
  { name: 'lines that end in CR LF', config: '[supervisord]\r\nidentifier=x\r\n  y\r\nminfds=5\r\n' },
  { name: 'lines that end in a lone CR', config: '[supervisord]\ridentifier=x\rminfds=5\r' },
  {
    name: 'form feed, vertical tab and line separators within a line',
    config: identifier('a\fb\vc\u2028d\u0085e\x1cf'),
  },
  { name: 'unusual blanks around a value', config: identifier('\u3000\u2003x\u00a0\x1f') },
  { name: 'a byte order mark within a line', config: identifier('\ufeffx\ufeff') },
  { name: 'text behind a header', config: '[supervisord]\n[program:c]junk\ncommand=x\n' },
  { name: 'two closing brackets', config: '[supervisord]\n[program:d]]\ncommand=x\n' },
  { name: 'a comment behind a header', config: '[supervisord] ; c\nidentifier=x\n' },
  { name: 'a header with blanks around its name', config: '[supervisord]\n[ program:f ]\ncommand=x\n' },
  { name: 'a program name with blanks around it', config: '[supervisord]\n[program: a ]\ncommand=x\n' },
  {
    name: 'brackets, dots and quotes in a name',
    config: `[supervisord]\n[program:a.b[c]"d'e\\f]\ncommand=x\n`,
  },
  {
    name: 'names that JavaScript knows',
    config:
      '[supervisord]\n[program:__proto__]\ncommand=x\n[program:constructor]\ncommand=y\n__proto__=z\n[__proto__]\nx=1\n',
  },
  {
    name: 'names that are numbers or words of JSON',
    config:
      '[supervisord]\n[program:10]\ncommand=true\n[program:9]\ncommand=null\n[program:true]\ncommand=1\n',
  },
  {
    name: 'sections that come twice',
    config:
      '[supervisord]\nidentifier=a\nminfds=5\n[program:p]\ncommand=x\n[supervisord]\nidentifier=b\n[program:p]\npriority=3\n',
  },
  { name: 'a key that comes twice', config: supervisord('minfds=1', 'minfds=2') },
  {
    name: 'keys of [DEFAULT]',
    config:
      '[DEFAULT]\nautostart=false\nstartsecs=7\n[supervisord]\n[program:p]\ncommand=x\n[program:q]\ncommand=x\nautostart=true\n',
  },
  {
    name: 'a [DEFAULT] that comes last',
    config: '[supervisord]\n[program:p]\ncommand=x\n[DEFAULT]\nstartsecs=9\n',
  },
  {
    name: 'a [default] in lower case',
    config: '[supervisord]\n[program:p]\ncommand=x\n[default]\nstartsecs=9\n',
  },
  {
    name: 'unknown keys and sections, whose values are not expanded',
    config: '[foo]\nx=%(nope)s\n[supervisord]\nfoo bar = %(nope)s %\n',
  },
  { name: 'an option in brackets', config: supervisord('[]=x', 'a[]=1', 'a[]=2') },
  { name: 'text beyond ASCII', config: '[supervisord]\nidentifier=“引号” 😀\n[program:中文]\ncommand=é\n' },
];

export const dialectCases: readonly ConfigCase[] = [
  ...malformed,
  ...readable,
  {
    name: 'a character cut at the end of the file',
    config: Buffer.from('[supervisord]\nx=\xe4\xb8', 'latin1'),
    differs: {
      why: 'Python counts from the start of its buffer',
      ours: "can't decode bytes in position 16-17: unexpected end of data",
    },
  },
  {
    name: 'a byte order mark at the start',
    config: '\ufeff[supervisord]\n',
    differs: { why: 'a byte order mark is skipped', ours: 'ok' },
  },
];
