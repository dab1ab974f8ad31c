import { describe, expect, it } from '@jest/globals';
import { messagesOf, settingsOf } from './support.ts';

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

describe('plug-ins', () => {
  const rpcinterface = (name: string, factory: string, ...lines: readonly string[]) =>
    `[rpcinterface:${name}]\nsupervisor.rpcinterface_factory = ${factory}\n${lines.join('\n')}\n`;
  const own = 'supervisor.rpcinterface:make_main_rpcinterface';
  const python =
    'Python cannot be run here, so the methods of this plug-in are missing: calls of them are answered with UNKNOWN_METHOD';

  it('of supervisord are passed over with one warning each, whatever keys they have', () => {
    const config =
      '[supervisord]\n' +
      rpcinterface('twiddler', 'supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface') +
      rpcinterface('laforge', 'mr.laforge.rpcinterface:make_laforge_rpcinterface', 'key=1', 'other=2') +
      rpcinterface('supervisor', own);
    const key = 'supervisor.rpcinterface_factory';
    expect(warnings(config)).toEqual([
      `supervisord.conf:3: [rpcinterface:twiddler] ${key}: "supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface": ${python}`,
      `supervisord.conf:6: [rpcinterface:laforge] ${key}: "mr.laforge.rpcinterface:make_laforge_rpcinterface": ${python}`,
    ]);
    expect(settingsOf(config).rpcInterfaces).toEqual([{ namespace: 'supervisor' }]);
  });

  it('must be named', () => {
    expect(messagesOf(`[supervisord]\n${rpcinterface('x', '')}`)).toEqual([
      'supervisord.conf:3: [rpcinterface:x] supervisor.rpcinterface_factory: "":  cannot be resolved within [rpcinterface:x]',
    ]);
  });

  it('of supervisorctl are nothing to supervisord', () => {
    expect(warnings('[supervisord]\n[ctlplugin:c]\nsupervisor.ctl_factory=a:b\nkey=1\n')).toEqual([]);
  });

  it('that are none, for supervisor’s own methods, have no keys but their factory', () => {
    expect(warnings(`[supervisord]\n${rpcinterface('supervisor', own, 'key=1')}`)).toEqual([
      'supervisord.conf:4: [rpcinterface:supervisor] key: unknown key',
    ]);
  });
});
