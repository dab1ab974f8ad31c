import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { extraInstance, extraInstanceOf } from '../../conf/extra-instances.ts';
import type { GroupSettings } from '../../conf/settings.ts';
import { settingsOf } from './support.ts';

function groupOf(...lines: readonly string[]): GroupSettings {
  const section = `[schedule:s]\ncommand=/bin/x\nhour=3\n${lines.join('\n')}\n`;
  const [group] = settingsOf(`[supervisord]\n${section}`).groups;
  if (group === undefined) throw new Error('no group');
  return group;
}

function namesOf(group: GroupSettings, number: number): readonly string[] {
  return extraInstance(group, number).map(({ name }) => name);
}

describe('an extra instance of a schedule', () => {
  const numbered = ['numprocs=2', 'process_name=p%(process_num)d'];
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['one process', [], ['s@1']],
    ['several processes', numbered, ['p0@1', 'p1@1']],
    ['several instances', ['max_instances=2'], ['s@1']],
    ['several instances of several processes', [...numbered, 'max_instances=2'], ['p0@1', 'p1@1']],
    ['a name that looks like an instance', ['process_name=s_00'], ['s_00@1']],
    ['a name that looks like an extra one', ['process_name=s@1'], ['s@1@1']],
  ];
  for (const [what, lines, expected] of cases) {
    it(`of ${what} has ${expected.join(', ')}`, () => {
      expect(namesOf(groupOf(...lines), 1)).toEqual(expected);
    });
  }

  it('has the settings of the others, and knows what it is', () => {
    const group = groupOf('stopwaitsecs=7', 'max_instances=2');
    const [process] = extraInstance(group, 3);
    expect(process).toEqual({ ...group.processes[0], name: 's@3', extraInstance: 3 });
  });

  it('is not outdated, even if the process that runs is', () => {
    const group = groupOf();
    const processes = group.processes.map((process) => ({ ...process, isOutdated: true as const }));
    expect(extraInstance({ ...group, processes }, 1)).toEqual(extraInstance(group, 1));
  });

  it('is there for schedules that run something, and for nothing else', () => {
    const { groups } = settingsOf(
      '[supervisord]\n[program:p]\ncommand=x\nautostart=false\n[schedule:s]\nprogram=p\naction=start\nhour=3\n',
    );
    expect(groups).toHaveLength(2);
    for (const group of groups) expect(extraInstance(group, 1)).toEqual([]);
  });

  it('is known by the name of any of its processes, and of no other', () => {
    const group = groupOf(...numbered);
    expect(['p0@1', 'p1@12'].map((name) => extraInstanceOf(group, name))).toEqual([1, 12]);
    for (const name of ['p0', 'p2@1', 'p0@0', 'p0@01', 'p0@', '@1', 'p0@1@1', 'p0@x']) {
      expect(extraInstanceOf(group, name)).toBeUndefined();
    }
  });

  it('has names that nobody else has, whatever the processes are called and however many there are', () => {
    const part = fc.constantFrom(
      '@',
      '1',
      '_',
      '_00',
      '@1',
      'w',
      '%(process_num)d',
      '%(process_num)02d',
      '-',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        (parts, numprocs, instances) => {
          const name = `${parts.join('')}%(process_num)d`;
          const group = groupOf(`process_name=${name}`, `numprocs=${numprocs}`, `max_instances=${instances}`);
          const numbers = [1, 2, 10, 11];
          const names = [
            ...group.processes.map((process) => process.name),
            ...numbers.flatMap((number) => namesOf(group, number)),
          ];
          expect(new Set(names).size).toBe(names.length);
          expect(names).toHaveLength(numprocs * (instances + numbers.length));
          for (const number of numbers) {
            for (const each of namesOf(group, number)) expect(extraInstanceOf(group, each)).toBe(number);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
