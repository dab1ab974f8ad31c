/** Programs of every kind, for comparisons of supervisorctl. */
import { type Step, until } from './compare.ts';

/** A `[program:x]` section. */
export const program = (name: string, lines: string): string => `[program:${name}]\n${lines}\n`;

/** Running, stopped and failing ones, alone and in groups; with and without logs. */
export const several = [
  program(
    'cat',
    'command=/bin/cat\nstartsecs=0\nstdout_logfile=%(here)s/cat.out\nstderr_logfile=%(here)s/cat.err',
  ),
  program('nolog', 'command=/bin/cat\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE'),
  program('pair', 'command=/bin/cat\nstartsecs=0\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)d'),
  program('down', 'command=/bin/cat\nstartsecs=0\nautostart=false'),
  program('quick', 'command=/bin/false\nautostart=false\nstartretries=0'),
  program('gone', 'command=/nonexistent/program\nautostart=false'),
  program('notexec', 'command=/etc/passwd\nautostart=false'),
  program('one', 'command=/bin/sleep 1000\nstartsecs=0\npriority=1'),
  program('two', 'command=/bin/sleep 1000\nstartsecs=0\nautostart=false'),
  '[group:both]\nprograms=one,two\npriority=5\n',
].join('');

/** Waits until those of `several` run that start by themselves. */
export const ready: readonly Step[] = ['cat', 'nolog', 'pair:pair_0', 'pair:pair_1', 'both:one'].map((name) =>
  until(name, 'RUNNING'),
);
