import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { columns } from '../../ctl/columns.ts';
import { completer } from '../../ctl/completion.ts';
import { History } from '../../ctl/history.ts';
import { parseLine } from '../../ctl/run-line.ts';
import type { ProcessInfo } from '../../ctl/supervisor-api.ts';

const processes: readonly ProcessInfo[] = [
  ['cat', 'cat'],
  ['g', 'a-1'],
  ['g', 'a-2'],
].map(([group = '', name = '']) => ({
  group,
  name,
  state: 20,
  statename: 'RUNNING',
  description: '',
  pid: 1,
  members: new Map(),
}));

describe('completion', () => {
  const complete = completer(async () => processes);
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['st', ['start ', 'status ', 'stop '], 'st'],
    ['help re', ['reload ', 'remove ', 'reread ', 'restart '], 're'],
    ['h', ['help '], 'h'],
    ['start ', ['cat ', 'g:a-1 ', 'g:* ', 'g:a-2 '], ''],
    ['start c', ['cat '], 'c'],
    ['stop cat:', ['cat:cat ', 'cat:* '], 'cat:'],
    ['status cat g:a-', ['g:a-1 ', 'g:a-2 '], 'g:a-'],
    ['tail -f g:*', ['g:* '], 'g:*'],
    ['update ', ['cat ', 'g '], ''],
    ['remove g', ['g '], 'g'],
    ['version ', [], ''],
    ['avail x', [], 'x'],
  ];
  for (const [line, candidates, word] of cases) {
    it(`of "${line}" offers ${candidates.length}`, async () => {
      expect(await complete(line)).toEqual([candidates, word]);
    });
  }

  it('of schedule offers its commands, and names where they take them', async () => {
    const completeAll = completer(
      async () => processes,
      [],
      async () => ['nightly', 'hourly'],
    );
    expect(await completeAll('schedule p')).toEqual([['pause '], 'p']);
    expect((await completeAll('schedule '))[0]).toHaveLength(14);
    expect(await completeAll('schedule run ')).toEqual([['nightly ', 'hourly '], '']);
    expect(await completeAll('schedule pause hourly n')).toEqual([['nightly '], 'n']);
    expect(await completeAll('schedule stop n')).toEqual([[], 'n']);
    expect(await completeAll('schedule nosuch n')).toEqual([[], 'n']);
  });

  it('of an empty line offers every command, but not EOF', async () => {
    const [candidates] = await complete('');
    expect(candidates).toHaveLength(24);
    expect(candidates).not.toContain('EOF ');
  });
});

describe('a line', () => {
  it('is split after the letters, digits and underscores it begins with', () => {
    expect(parseLine(' tail-5 web ')).toEqual({
      type: 'command',
      name: 'tail',
      rest: '-5 web',
      line: 'tail-5 web',
    });
    expect(parseLine('?start')).toMatchObject({ name: 'help', rest: ' start' });
    expect(parseLine('!ls')).toEqual({ type: 'unknown', line: '!ls' });
    expect(parseLine(' \t')).toEqual({ type: 'empty' });
  });

  it('never loses a character of what was typed', () => {
    fc.assert(
      fc.property(fc.string(), (typed) => {
        const parsed = parseLine(typed);
        if (parsed.type !== 'command' || typed.trim().startsWith('?')) return;
        expect(parsed.name + parsed.rest).toBe(typed.trim());
      }),
    );
  });
});

describe('the history', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'history-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('is read from its file and written back', () => {
    const file = join(dir, 'history');
    writeFileSync(file, 'old\n');
    const history = new History(file);
    history.add('new');
    history.add('new');
    history.add('');
    history.save();
    expect(readFileSync(file, 'utf8')).toBe('old\nnew\n');
  });

  it('troubles nobody when its file cannot be read or written', () => {
    const history = new History(join(dir, 'missing', 'history'));
    history.add('x');
    expect(() => history.save()).not.toThrow();
  });
});

describe('columns', () => {
  it('takes one row where that fits, and fills columns downwards where not', () => {
    expect(columns(['a', 'b'])).toEqual(['a  b']);
    expect(columns([])).toEqual([]);
    expect(columns(['a'.repeat(50), 'b'.repeat(50)])).toEqual(['a'.repeat(50), 'b'.repeat(50)]);
  });

  it('shows every word once, in lines that fit', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { maxLength: 60 });
    fc.assert(
      fc.property(words, (given) => {
        const lines = columns(given);
        expect(
          lines
            .flatMap((line) => line.trim().split(/ +/))
            .filter(Boolean)
            .sort(),
        ).toEqual([...given].sort());
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(79);
      }),
    );
  });
});
