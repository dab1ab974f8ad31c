import { describe, expect, it } from '@jest/globals';
import { faultName, faults, RpcFault } from '../../rpc/faults.ts';
import { formatNamespec, parseNamespec } from '../../rpc/namespec.ts';

describe('namespecs', () => {
  const cases: readonly [string, string, string | undefined][] = [
    ['foo', 'foo', 'foo'],
    ['g:p', 'g', 'p'],
    ['g:', 'g', undefined],
    ['g:*', 'g', undefined],
    ['g:p:q', 'g', 'p:q'],
    ['', '', ''],
    [':p', '', 'p'],
  ];
  for (const [text, group, process] of cases) {
    it(`reads "${text}"`, () => expect(parseNamespec(text)).toEqual({ group, process }));
  }

  it('leaves out a group of the same name', () => {
    expect(formatNamespec('a', 'a')).toBe('a');
    expect(formatNamespec('g', 'a')).toBe('g:a');
  });
});

describe('faults', () => {
  it('say their name, and what it is about', () => {
    expect(new RpcFault('BAD_NAME', 'x')).toMatchObject({ code: 10, message: 'BAD_NAME: x', extra: 'x' });
    expect(new RpcFault('FAILED')).toMatchObject({ code: 30, message: 'FAILED', extra: undefined });
    expect(new RpcFault('BAD_NAME', '').message).toBe('BAD_NAME: ');
  });

  it('are known by name and by code', () => {
    for (const [name, code] of Object.entries(faults)) expect(faultName(code)).toBe(name);
    expect(faultName(5)).toBeUndefined();
  });
});
