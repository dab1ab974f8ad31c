import { type ConfigCase, program, supervisord } from '../config-case.ts';

const unix = (...lines: readonly string[]) => `[unix_http_server]\n${lines.join('\n')}\n[supervisord]\n`;
const inet = (...lines: readonly string[]) => `[inet_http_server]\n${lines.join('\n')}\n[supervisord]\n`;
const listener = (...lines: readonly string[]) =>
  `[supervisord]\n[eventlistener:l]\ncommand=x\n${lines.join('\n')}\n`;
const fcgi = (...lines: readonly string[]) =>
  `[supervisord]\n[fcgi-program:f]\ncommand=x\n${lines.join('\n')}\n`;
const rpcinterface = (...lines: readonly string[]) =>
  `[supervisord]\n[rpcinterface:x]\n${lines.join('\n')}\n`;
const events = 'events=TICK_5';
const unresolved = 'the message says why, as releases after 4.2.5 do';

const servers: readonly ConfigCase[] = [
  { name: 'no [supervisord]', config: '[program:x]\ncommand=y\n' },
  { name: 'a unix server', config: unix('file={dir}/s') },
  { name: 'a unix server without a file', config: unix() },
  { name: 'a unix server with a relative file', config: unix('file= a/../s ') },
  { name: 'a unix server with a mode', config: unix('file=s', 'chmod=0770') },
  { name: 'a unix server with a wrong mode', config: unix('file=s', 'chmod=rw') },
  { name: 'a unix server with an owner', config: unix('file=s', 'chown=root') },
  { name: 'a unix server with an owner and a group', config: unix('file=s', 'chown=root:daemon') },
  { name: 'a unix server with ids for owner and group', config: unix('file=s', 'chown=0:0') },
  { name: 'a unix server with an unknown owner', config: unix('file=s', 'chown=nosuchuser') },
  { name: 'a unix server with an unknown group', config: unix('file=s', 'chown=root:nosuchgroup') },
  { name: 'a unix server with an unknown group id', config: unix('file=s', 'chown=root:99999') },
  { name: 'a unix server with owner and group between a dot', config: unix('file=s', 'chown=root.daemon') },
  { name: 'a server with name and password', config: inet('port=1', 'username=a', 'password={SHA}0123') },
  { name: 'a server with a name only', config: inet('port=1', 'username=a') },
  { name: 'a unix server with a password only', config: unix('file=s', 'password=a') },
  { name: 'an inet server without a port', config: inet() },
  {
    name: 'several servers, in the order of their kinds',
    config: `${unix('file=s')}[inet_http_server:two]\nport=2\n[unix_http_serverXYZ]\nfile=t\n[inet_http_server]\nport=1\n`,
  },
  {
    name: 'a server with an empty name and an empty password',
    config: inet('port=1', 'username=', 'password='),
    differs: { why: 'what means no authentication is no credentials here', ours: 'ok' },
  },
];

const interfaces: readonly ConfigCase[] = [
  {
    name: 'the main rpc interface',
    config: rpcinterface('supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface'),
  },
  { name: 'an rpc interface without a factory', config: rpcinterface() },
  { name: 'an [rpcinterface] without a name', config: '[supervisord]\n[rpcinterface]\n' },
  {
    name: 'an rpc interface with an unknown factory',
    config: rpcinterface('supervisor.rpcinterface_factory = nosuch:factory'),
    differs: { why: 'a plug-in in Python is passed over, so that files with one work', ours: 'ok' },
  },
];

const programs: readonly ConfigCase[] = [
  { name: 'a program without a command', config: '[supervisord]\n[program:p]\n' },
  { name: 'a [program] without a name', config: '[supervisord]\n[program]\ncommand=x\n' },
  { name: 'a program name with a blank', config: '[supervisord]\n[program:a b]\ncommand=x\n' },
  { name: 'a program name with a colon', config: '[supervisord]\n[program:a:b]\ncommand=x\n' },
  { name: 'a program name with a slash', config: '[supervisord]\n[program:a/b]\ncommand=x\n' },
  { name: 'a program name with everything else', config: '[supervisord]\n[program:*a,b"é]\ncommand=x\n' },
  {
    name: 'several processes',
    config: program('numprocs=3', 'numprocs_start=8', 'process_name=%(program_name)s_%(process_num)d'),
  },
  { name: 'several processes of one name', config: program('numprocs=2') },
  { name: 'stopasgroup, which implies killasgroup', config: program('stopasgroup=true') },
  { name: 'stopasgroup against killasgroup', config: program('stopasgroup=true', 'killasgroup=false') },
  { name: 'stopasgroup with killasgroup', config: program('stopasgroup=true', 'killasgroup=true') },
  {
    name: 'redirect_stderr with a file for stderr',
    config: program('redirect_stderr=true', 'stderr_logfile={dir}/x'),
  },
  {
    name: 'redirect_stderr with no file for stderr',
    config: program('redirect_stderr=true', 'stderr_logfile=NONE'),
  },
  {
    name: 'redirect_stderr with an automatic file for stderr',
    config: program('redirect_stderr=true', 'stderr_logfile=AUTO'),
  },
  {
    name: 'redirect_stderr with syslog for stderr',
    config: program('redirect_stderr=true', 'stderr_logfile=syslog'),
  },
  {
    name: 'automatic logs that are never rotated',
    config: program('stdout_logfile_maxbytes=0', 'stderr_logfile_maxbytes=0'),
  },
  {
    name: 'automatic logs that are never rotated, with redirect_stderr',
    config: program('redirect_stderr=true', 'stdout_logfile_maxbytes=0', 'stderr_logfile_maxbytes=0'),
  },
  { name: 'logs to syslog the old way', config: program('stdout_logfile=SysLog', 'stderr_logfile=syslog') },
  { name: 'logs to syslog the new way', config: program('stdout_syslog=true', 'stderr_syslog=true') },
  {
    name: 'captures and events',
    config: program(
      'stdout_capture_maxbytes=1MB',
      'stderr_capture_maxbytes=2',
      'stdout_events_enabled=true',
      'stderr_events_enabled=true',
    ),
  },
  {
    name: 'an error that comes before another',
    config: program('startretries=x', 'startsecs=y', 'priority=z'),
  },
  {
    name: 'an error of a process after one of its section',
    config: program('environment=A', 'umask=9', 'stdout_logfile=/no/such/x'),
  },
  {
    name: 'an error of a process before a later one',
    config: program('stderr_logfile=/no/such/y', 'stdout_logfile=/no/such/x'),
  },
  { name: 'a section error before a group error', config: `${supervisord('loglevel=x')}[program:p]\n` },
  { name: 'a group error before a server error', config: `${inet()}[program:p]\n` },
  {
    name: 'a program without a name',
    config: '[supervisord]\n[program:]\ncommand=x\n',
    differs: { why: 'an empty name cannot be addressed', ours: "Invalid name: '' because it is empty" },
  },
  {
    name: 'a slash in a name from an expansion',
    config: program('process_name=%(ENV_PATH)s'),
    differs: { why: 'the result is checked too', ours: "because of character: ':'" },
  },
  {
    name: 'an odd word that Python resolves to a signal',
    config: program('stopsignal=_IGN'),
    differs: { why: 'SIG_IGN is no signal', ours: "value '_IGN' is not a valid signal name" },
  },
];

const listeners: readonly ConfigCase[] = [
  { name: 'an event listener', config: listener(events) },
  {
    name: 'an event listener for several events',
    config: listener('events=tick_5, PROCESS_STATE,EVENT,TICK_5'),
  },
  { name: 'an event listener without events', config: listener() },
  { name: 'an event listener with empty events', config: listener('events=') },
  { name: 'an event listener with an unknown event', config: listener('events=TICK_5,NOPE') },
  { name: 'an event listener with a comma at the end', config: listener('events=TICK_5,') },
  { name: 'an event listener with blanks between events', config: listener('events=TICK_5 TICK_60') },
  { name: 'an event listener with a buffer', config: listener(events, 'buffer_size=1') },
  { name: 'an event listener with an empty buffer', config: listener(events, 'buffer_size=0') },
  { name: 'an event listener with a priority', config: listener(events, 'priority=5') },
  { name: 'an event listener that redirects stderr', config: listener(events, 'redirect_stderr=true') },
  {
    name: 'an event listener with the default handler',
    config: listener(events, 'result_handler=supervisor.dispatchers:default_handler'),
  },
  {
    name: 'an event listener that captures',
    config: listener(events, 'stdout_capture_maxbytes=5', 'stdout_events_enabled=true', 'stdout_syslog=true'),
  },
  {
    name: 'a wrong buffer before a wrong event',
    config: listener('buffer_size=x', 'events=y', 'priority=1'),
  },
  {
    name: 'a pool of event listeners',
    config: listener(events, 'numprocs=2', 'process_name=%(process_num)d'),
  },
  {
    name: 'an event listener with a handler of its own',
    config: listener(events, 'result_handler=a:b'),
    differs: { why: unresolved, ours: 'a:b cannot be resolved within [eventlistener:l]' },
  },
  {
    name: 'an event listener with blanks around its name',
    config: '[supervisord]\n[eventlistener: l ]\ncommand=x\nevents=TICK\n',
    differs: { why: 'a pool is named as its processes are', ours: 'ok' },
  },
];

const tupleText = 'supervisord prints a Python tuple';

const fcgiPrograms: readonly ConfigCase[] = [
  { name: 'a fcgi program on TCP', config: fcgi('socket=tcp://LOCALHOST:9000') },
  { name: 'a fcgi program on a Unix socket', config: fcgi('socket=unix:///tmp//a/../b/') },
  { name: 'a fcgi program with its name in the socket', config: fcgi('socket=unix:///tmp/%(program_name)s') },
  {
    name: 'a fcgi program with its number in the socket',
    config: fcgi('socket=unix:///tmp/%(process_num)d'),
  },
  { name: 'a fcgi program without a socket', config: fcgi() },
  { name: 'a fcgi program with a socket on port 0', config: fcgi('socket=tcp://a:0') },
  { name: 'a fcgi program with a socket beyond the ports', config: fcgi('socket=tcp://a:70000') },
  { name: 'a fcgi program with a star for a host', config: fcgi('socket=tcp://*:80') },
  {
    name: 'a fcgi program on an IPv6 address',
    config: fcgi('socket=tcp://[::1]:9000'),
    differs: { why: 'supervisord knows none', ours: 'ok' },
  },
  { name: 'a fcgi program with mode and owner on TCP', config: fcgi('socket=tcp://a:1', 'socket_mode=0700') },
  { name: 'a fcgi program with an owner on TCP', config: fcgi('socket=tcp://a:1', 'socket_owner=root') },
  {
    name: 'a fcgi program with mode and owner',
    config: fcgi('socket=unix:///x', 'socket_mode=0777', 'socket_owner=daemon:daemon', 'socket_backlog=5'),
  },
  {
    name: 'a fcgi program with an owner and no group',
    config: fcgi('socket=unix:///x', 'socket_owner=daemon'),
  },
  { name: 'a fcgi program with a user', config: fcgi('socket=unix:///x', 'user=daemon') },
  { name: 'a fcgi program with the own user', config: fcgi('socket=unix:///x', 'user=root') },
  { name: 'a fcgi program with a wrong mode', config: fcgi('socket=unix:///x', 'socket_mode=9') },
  { name: 'a fcgi program with a wrong owner', config: fcgi('socket=unix:///x', 'socket_owner=nosuchuser') },
  { name: 'a fcgi program with a wrong backlog', config: fcgi('socket=unix:///x', 'socket_backlog=0') },
  {
    name: 'a fcgi program with a backlog that is no number',
    config: fcgi('socket=unix:///x', 'socket_backlog=x'),
  },
  {
    name: 'a fcgi program with a user that does not exist',
    config: fcgi('socket=unix:///x', 'user=nosuchuser'),
  },
  {
    name: 'a fcgi program on another scheme',
    config: fcgi('socket=http://foo'),
    differs: { why: tupleText, ours: 'Bad socket format http://foo in [fcgi-program:f] socket' },
  },
  {
    name: 'a fcgi program on a relative Unix socket',
    config: fcgi('socket=unix://foo'),
    differs: {
      why: tupleText,
      ours: 'Unix socket path foo is not an absolute path in [fcgi-program:f] socket',
    },
  },
];

export const sectionCases: readonly ConfigCase[] = [
  ...servers,
  ...interfaces,
  ...programs,
  ...listeners,
  ...fcgiPrograms,
];
