import { logfile } from '../paths.ts';
import { signal } from '../signals.ts';
import { user } from '../users.ts';
import {
  autorestart,
  boolean,
  byteSize,
  exitCodes,
  integer,
  killMode,
  name,
  octal,
  onExit,
  onFatal,
  string,
} from '../values.ts';
import type { KeyTable } from './key.ts';

/** Keys of `[program:x]`, which every section that defines processes shares. */
export const programKeys = {
  command: {
    read: string,
    default: undefined,
    absent: 'required',
    sample: '/bin/cat',
    doc: 'The command line, split into words as a POSIX shell would; nothing else of a shell happens.',
  },
  process_name: {
    read: name,
    default: '%(program_name)s',
    bareLabel: true,
    doc: 'Name of each process; with `numprocs` above 1 it must contain `%(process_num)`.',
  },
  numprocs: {
    read: integer,
    default: '1',
    unit: 'processes',
    doc: 'How many processes of this program run.',
  },
  numprocs_start: { read: integer, default: '0', doc: 'The first `process_num`.' },
  priority: {
    read: integer,
    default: '999',
    doc: 'Processes of lower priority start first and stop last. Also the priority of the group that the program forms by itself.',
  },
  autostart: { read: boolean, default: 'true', doc: 'Start when supervisord starts.' },
  autorestart: {
    read: autorestart,
    default: 'unexpected',
    doc: 'Start again after an exit: always, never, or after an exit status that `exitcodes` does not list.',
  },
  startsecs: {
    read: integer,
    default: '1',
    unit: 'seconds',
    doc: 'How long the process must stay up for its start to count as a success.',
  },
  startretries: {
    read: integer,
    default: '3',
    unit: 'attempts',
    doc: 'How many failed starts in a row are followed by another.',
  },
  exitcodes: { read: exitCodes, default: '0', doc: 'Exit statuses that are expected, for `autorestart`.' },
  on_exit: {
    read: onExit,
    default: 'none',
    doc: 'What supervisord does when the process ends by itself, whatever `autorestart` says: nothing, shut down, or shut down unless `exitcodes` lists the exit status.',
  },
  on_fatal: {
    read: onFatal,
    default: undefined,
    absent: '`shutdown` with `on_exit`, else `none`',
    sample: 'none',
    doc: 'What supervisord does when the process becomes FATAL: nothing, or shut down.',
  },
  stopsignal: {
    read: signal,
    default: 'TERM',
    doc: 'Signal that asks the process to stop; 0 sends nothing.',
  },
  stopwaitsecs: {
    read: integer,
    default: '10',
    unit: 'seconds',
    doc: 'How long a process may take to stop before it is killed.',
  },
  stopasgroup: {
    read: boolean,
    default: 'false',
    doc: 'Send the stop signal to the whole process group; implies `killasgroup`.',
  },
  killasgroup: {
    read: boolean,
    default: undefined,
    absent: 'value of `stopasgroup`',
    sample: 'false',
    doc: 'Send SIGKILL to the whole process group.',
  },
  killmode: {
    read: killMode,
    default: undefined,
    absent: '`stopasgroup` and `killasgroup` say it',
    sample: 'process',
    doc: 'Whom the stop signal and SIGKILL are meant for: the `process` alone, its process `group`, or all that it has started and that has come of it, found as its `tree` or kept together by a `cgroup`.',
  },
  user: {
    read: user,
    default: undefined,
    sample: 'nobody',
    doc: 'User, by name or id, that the process runs as. It must exist when the file is read.',
  },
  redirect_stderr: {
    read: boolean,
    default: 'false',
    doc: "Send the process' stderr where its stdout goes.",
  },
  stdout_logfile: {
    read: logfile,
    default: 'AUTO',
    doc: 'File for stdout; `AUTO`: a file in `childlogdir`; `NONE`, `OFF` or empty: no file.',
  },
  stdout_logfile_maxbytes: {
    read: byteSize,
    default: '50MB',
    unit: 'bytes',
    doc: 'Size at which the file is rotated; 0: never.',
  },
  stdout_logfile_backups: {
    read: integer,
    default: '10',
    unit: 'files',
    doc: 'How many rotated files are kept.',
  },
  stdout_capture_maxbytes: {
    read: byteSize,
    default: '0',
    unit: 'bytes',
    doc: 'How much of what stdout says in capture mode is kept; 0: no capture mode.',
  },
  stdout_events_enabled: { read: boolean, default: 'false', doc: 'Emit PROCESS_LOG_STDOUT events.' },
  stdout_syslog: { read: boolean, default: 'false', doc: 'Copy stdout to syslog.' },
  stderr_logfile: {
    read: logfile,
    default: 'AUTO',
    doc: 'File for stderr; `AUTO`: a file in `childlogdir`; `NONE`, `OFF` or empty: no file. Without effect under `redirect_stderr`.',
  },
  stderr_logfile_maxbytes: {
    read: byteSize,
    default: '50MB',
    unit: 'bytes',
    doc: 'Size at which the file is rotated; 0: never.',
  },
  stderr_logfile_backups: {
    read: integer,
    default: '10',
    unit: 'files',
    doc: 'How many rotated files are kept.',
  },
  stderr_capture_maxbytes: {
    read: byteSize,
    default: '0',
    unit: 'bytes',
    doc: 'How much of what stderr says in capture mode is kept; 0: no capture mode.',
  },
  stderr_events_enabled: { read: boolean, default: 'false', doc: 'Emit PROCESS_LOG_STDERR events.' },
  stderr_syslog: { read: boolean, default: 'false', doc: 'Copy stderr to syslog.' },
  environment: {
    read: string,
    default: '',
    sample: 'A="1",B="2"',
    bareLabel: true,
    doc: 'Variables, as `KEY="value",KEY2="value2"`, on top of those of `[supervisord]`.',
  },
  directory: {
    read: string,
    default: undefined,
    sample: '/tmp',
    doc: 'Directory to change to before the start. Neither checked when the file is read, nor is `~` expanded.',
  },
  umask: { read: octal, default: undefined, sample: '022', doc: 'File mode creation mask of the process.' },
  serverurl: {
    read: string,
    default: undefined,
    absent: '`AUTO`: computed from the servers',
    sample: 'AUTO',
    doc: 'Address of supervisord that the process finds in `SUPERVISOR_SERVER_URL`.',
  },
} satisfies KeyTable;
