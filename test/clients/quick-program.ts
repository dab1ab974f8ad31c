import { programSection } from '../differential/steps/programs.ts';

/**
 * A section for a program that counts as RUNNING at once and stops within a second: a child of supervisord loses
 * the signal that comes before it has become the program, and waits for SIGKILL then.
 */
export function quickProgram(name: string, command: string, ...lines: readonly string[]): string {
  return programSection(name, `command=${command}`, 'startsecs=0', 'stopwaitsecs=1', ...lines);
}
