import { describe, expect, it } from '@jest/globals';
import { settingsOf } from './support.ts';

const program = (...lines: readonly string[]) =>
  `[supervisord]\n[program:p]\ncommand=x\n${lines.join('\n')}\n`;

const warnings = (config: string, files = {}) =>
  settingsOf(config, files)
    .notices.filter(({ level }) => level === 'warn')
    .map(({ text }) => text.replace(/^\S*\/(?=\w+\.\w+:)/, ''));

describe('names that mean nothing', () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      '[program:p]\ncommand=x\nautorestrat=true',
      '[program:p] autorestrat: unknown key; did you mean autorestart?',
    ],
    ['[program:p]\ncommand=x\nnonsense=1', '[program:p] nonsense: unknown key'],
    ['[program:p]\ncommand=x\nsocket=1', '[program:p] socket: unknown key'],
    ['[ program:x ]\ncommand=x', '[ program:x ]: unknown section; did you mean [program:x]?'],
    ['[Program:x]', '[Program:x]: unknown section; did you mean [program:x]?'],
    ['[program]', '[program]: unknown section; did you mean [program:x]?'],
    ['[program x]', '[program x]: unknown section; did you mean [program:x]?'],
    ['[progam:web]', '[progam:web]: unknown section; did you mean [program:web]?'],
    ['[supervisor]', '[supervisor]: unknown section; did you mean [supervisord]?'],
    ['[my tool]', '[my tool]: unknown section'],
    ['[DEFAULT]\nautostrat=1', '[DEFAULT] autostrat: unknown key; did you mean autostart?'],
  ];
  for (const [lines, warning] of cases) {
    it(`${JSON.stringify(lines)} warns: ${warning}`, () => {
      const [first, ...others] = warnings(`[supervisord]\n${lines}\n`);
      expect(first?.replace(/^supervisord\.conf:\d+: /, '')).toBe(warning);
      expect(others).toEqual([]);
    });
  }

  it('do not include keys of [DEFAULT] that only some sections have', () => {
    expect(
      warnings(
        '[DEFAULT]\nautostart=false\nport=5\n[supervisord]\n[program:p]\ncommand=x\n[group:g]\nprograms=p\n',
      ),
    ).toEqual([]);
  });
});

describe('what is not acted on yet', () => {
  it('is named in one warning, as far as it is used', () => {
    const config = `[supervisord]\n[eventlistener:l]\ncommand=x\nevents=TICK_5
[program:p]\ncommand=x\n[ctlplugin:c]\nsupervisor.ctl_factory=a:b\n`;
    expect(warnings(config)).toEqual([
      'The configuration uses what this version reads but does not act on yet: [ctlplugin:x]',
    ]);
    expect(warnings(program())).toEqual([]);
  });
});
