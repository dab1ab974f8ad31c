import type { ConfigCase } from '../config-case.ts';

const base = '[supervisord]\n[program:p]\ncommand=x\nautostart=false\n';

/** supervisord knows no schedules: a file that has some gives the same programs. */
export const scheduleCases: readonly ConfigCase[] = [
  { name: 'a schedule of a program', config: `${base}[schedule:s]\nprogram=p\nhour=3\n` },
  {
    name: 'a schedule with a command of its own',
    config: `${base}[schedule:s]\ncommand=y %(run_id)s\ncron=@daily\n`,
  },
  { name: 'a trigger', config: `${base}[trigger:t]\nhour=3\n[schedule:s]\nprogram=p\ntriggers=t\n` },
  { name: 'a [scheduler]', config: `${base}[scheduler]\ntimezone=Asia/Shanghai\njobstore=memory\n` },
  { name: 'cron in a program', config: `${base}cron=*/5 * * * *\ncron_timezone=UTC\n` },
  {
    name: 'a schedule that is wrong',
    config: `${base}[schedule:s]\nprogram=p\nhour=24\n`,
    differs: {
      why: 'supervisord passes over it',
      ours: '[schedule:s] hour=24: the last value (24) is higher than the maximum value (23)',
    },
  },
];
