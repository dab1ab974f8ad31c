import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { commands } from '../../ctl/commands.ts';
import { exitStatuses } from '../../ctl/exit-status.ts';
import { program } from '../../ctl/options.ts';
import { subcommands } from '../../ctl/schedule/subcommands.ts';

const page = readFileSync(new URL('../../docs/supervisorctl.md', import.meta.url), 'utf8');

/** First cells of the table under a heading, without their code marks. */
function firstCells(heading: string): readonly string[] {
  const [, section = ''] = page.split(new RegExp(`\n##+ ${heading}\n`));
  const [body = ''] = section.split(/\n##+ /);
  return [...body.matchAll(/^\| ([^|]*)/gm)].slice(1).map(([, cell = '']) => cell.trim());
}

describe('docs/supervisorctl.md', () => {
  it('has every action, and no other', () => {
    const documented = firstCells('Actions').map((cell) => /`([^`]+)`/.exec(cell)?.[1]);
    expect(documented).toEqual([...commands.keys()].filter((name) => name !== 'EOF').sort());
    expect(page).toContain('`EOF`');
  });

  it('has every command of schedule, and no other', () => {
    const documented = firstCells('schedule').map((cell) => /`([^`]+)`/.exec(cell)?.[1]);
    expect(documented).toEqual([...subcommands.keys()]);
  });

  it('has every option, and no other', () => {
    const documented = firstCells('Options').map((cell) =>
      [...cell.matchAll(/`(-[^`]+)`/g)].map(([, flag]) => flag),
    );
    const expected = program().options.map(({ short, long }) =>
      short === '-h' ? ['-h', '-?', long] : [short, long],
    );
    expect(documented).toEqual(expected);
  });

  it('has every exit status, and no other', () => {
    const statuses = [...new Set<number>(Object.values(exitStatuses))].sort((a, b) => a - b);
    expect(firstCells('Exit statuses').map(Number)).toEqual(statuses);
  });
});
