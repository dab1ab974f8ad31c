/** Files with schedules: supervisord passes over them, and runs the programs. */
import { call, untilState } from '../steps/calls.ts';
import { compareDaemons } from '../steps/compare-daemons.ts';
import { programSection } from '../steps/programs.ts';

const schedules = `
[scheduler]
timezone=Asia/Shanghai
jobstore=memory

[trigger:noon]
hour=12

[schedule:nightly]
program=job
day_of_week=mon-fri
hour=3
overlap=queue
on_failure=program:long

[schedule:own]
command=/bin/true %(run_id)s
triggers=noon
stdout_logfile=/tmp/own-%(scheduled)s.log
`;

compareDaemons('a file with schedules', {
  configuration: [
    programSection('long', 'command=/bin/sleep 1000', 'startsecs=0', 'cron=0 4 * * *', 'cron_timezone=UTC'),
    programSection('job', 'command=/bin/true', 'startsecs=0', 'autostart=false', 'autorestart=false'),
    schedules,
  ].join('\n'),
  steps: [
    untilState(call('supervisor.getState'), 'long', 'RUNNING'),
    untilState(call('supervisor.startProcess', 'job', false), 'job', 'EXITED'),
    call('supervisor.stopProcess', 'long'),
  ],
});
