import { describe, expect, it } from '@jest/globals';
import { type OptionShape, readOptions, UsageError } from '../../conf/getopt.ts';

const shapes: readonly OptionShape[] = [
  { short: '-c', long: '--configuration', required: true },
  { short: '-n', long: '--nodaemon', required: false },
  { short: '-s', long: '--silent', required: false },
  { short: '-a', long: '--minfds', required: true },
  { long: '--minprocs', required: true },
];

function values(...words: string[]): unknown {
  const { options, rest } = readOptions(words, shapes);
  return [...options.map(({ long, value }) => (value === undefined ? long : `${long}=${value}`)), ...rest];
}

describe('the command line', () => {
  it('takes bundled short options, the last of them with a value', () => {
    expect(values('-nsc', 'FILE')).toEqual(['--nodaemon', '--silent', '--configuration=FILE']);
    expect(values('-nscFILE')).toEqual(['--nodaemon', '--silent', '--configuration=FILE']);
  });

  it('takes the value of a long option after an equals sign or as the next word', () => {
    expect(values('--minfds=5', '--minprocs', '6')).toEqual(['--minfds=5', '--minprocs=6']);
    expect(values('--minfds=')).toEqual(['--minfds=']);
  });

  it('completes a long name that is cut to an unambiguous prefix', () => {
    expect(values('--nod', '--conf=x')).toEqual(['--nodaemon', '--configuration=x']);
  });

  it('takes a value that looks like an option', () => {
    expect(values('-c', '-n')).toEqual(['--configuration=-n']);
  });

  it('ends the options at the first word that is none, and after two dashes', () => {
    expect(values('-n', 'status', '-s')).toEqual(['--nodaemon', 'status', '-s']);
    expect(values('-n', '--', '-s')).toEqual(['--nodaemon', '-s']);
    expect(values('-')).toEqual(['-']);
  });

  const mistakes: readonly (readonly [readonly string[], string])[] = [
    [['-a'], 'option -a requires argument'],
    [['--minfds'], 'option --minfds requires argument'],
    [['--bad'], 'option --bad not recognized'],
    [['-Z'], 'option -Z not recognized'],
    [['--min'], 'option --min not a unique prefix'],
    [['--nodaemon=yes'], 'option --nodaemon must not have an argument'],
  ];
  for (const [words, message] of mistakes) {
    it(`refuses ${words.join(' ')}: ${message}`, () => {
      expect(() => readOptions(words, shapes)).toThrow(new UsageError(message));
    });
  }
});
