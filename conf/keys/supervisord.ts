import { existingDirectory, existingDirpath, mainLogfile } from '../paths.ts';
import { boolean, byteSize, integer, logLevel, octal, onDaemonExit, string } from '../values.ts';
import type { KeyTable } from './key.ts';

/** Keys of `[supervisord]`, in the order in which supervisord reports what is wrong with them. */
export const supervisordKeys = {
  minfds: {
    read: integer,
    default: '1024',
    unit: 'file descriptors',
    doc: 'The least number of file descriptors that must be available; the limit is raised to it at start.',
  },
  minprocs: {
    read: integer,
    default: '200',
    unit: 'processes',
    doc: 'The least number of processes that must be available; the limit is raised to it at start.',
  },
  directory: {
    read: existingDirectory,
    default: undefined,
    sample: '/tmp',
    doc: 'Directory to change to when supervisord becomes a daemon.',
  },
  user: {
    read: string,
    default: undefined,
    sample: 'nobody',
    doc: 'User, by name or id, that supervisord switches to at start when root starts it.',
  },
  umask: { read: octal, default: '022', doc: 'File mode creation mask of the daemon.' },
  logfile: {
    read: mainLogfile,
    default: 'supervisord.log',
    sample: '/tmp/supervisord.log',
    doc: "supervisord's own activity log, or `syslog`. A relative path starts at the working directory. `AUTO` and `NONE` mean nothing special here.",
  },
  logfile_maxbytes: {
    read: byteSize,
    default: '50MB',
    unit: 'bytes',
    doc: 'Size at which the activity log is rotated; 0: never.',
  },
  logfile_backups: {
    read: integer,
    default: '10',
    unit: 'files',
    doc: 'How many rotated activity logs are kept; 0: the log is emptied instead.',
  },
  loglevel: { read: logLevel, default: 'info', doc: 'The least important level that is still logged.' },
  pidfile: {
    read: existingDirpath,
    default: 'supervisord.pid',
    sample: '/tmp/supervisord.pid',
    doc: 'File that holds the process id of the daemon. A relative path starts at the working directory.',
  },
  identifier: {
    read: string,
    default: 'supervisor',
    doc: 'Name of this daemon in RPC, in event headers and in the names of automatic logs. A blank in it breaks event headers.',
  },
  nodaemon: { read: boolean, default: 'false', doc: 'Stay in the foreground.' },
  silent: {
    read: boolean,
    default: 'false',
    doc: 'In the foreground, do not copy the activity log to stdout.',
  },
  childlogdir: {
    read: existingDirectory,
    default: undefined,
    absent: 'the directory for temporary files',
    sample: '/tmp',
    doc: 'Directory of automatic child logs.',
  },
  nocleanup: { read: boolean, default: 'false', doc: 'Keep automatic child logs of earlier runs at start.' },
  strip_ansi: { read: boolean, default: 'false', doc: 'Remove ANSI escape sequences from child logs.' },
  environment: {
    read: string,
    default: '',
    sample: 'KEY="value"',
    bareLabel: true,
    doc: 'Variables, as `KEY="value",KEY2="value2"`, that every child gets and that `%(ENV_KEY)s` finds in the sections that follow.',
  },
  runtime_directory: {
    read: existingDirpath,
    default: undefined,
    absent: 'the path of the unix socket with `.d`, or without one, that of the pidfile with `.d`',
    sample: '/run/supervisor',
    doc: 'Directory in which supervisord makes one of its own, named after its `identifier` with `.d`, for the pipes of programs and for what the next supervisord has to know if this one is killed. The next one only finds it with the same value.',
  },
  on_daemon_exit: {
    read: onDaemonExit,
    default: 'kill',
    doc: 'What an orderly end of supervisord means to programs: `kill` stops them, `adopt` lets them run on, for the next supervisord to adopt.',
  },
  exit_when_done: {
    read: boolean,
    default: 'false',
    doc: 'Shut down when the last process has ended by itself and none is to be started again. Event listeners do not count.',
  },
  exit_code_from: {
    read: string,
    default: undefined,
    absent: 'the process that made it shut down',
    sample: 'theprogramname',
    doc: 'Process, as `name` or `group:name`, whose last exit gives supervisord its exit status.',
  },
  strict: {
    read: boolean,
    default: 'false',
    doc: 'Do not start with a configuration that gives rise to a warning.',
  },
} satisfies KeyTable;
