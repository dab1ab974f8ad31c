"""Reads configuration files with the real supervisor and says what it made of them.

stdin: a JSON list of {"file": path, "cwd": directory, "environ": {...}}; stdout: a JSON list, in order,
of {"type": "ok", ...} or {"type": "invalid", "text": message}. Each case runs in a child of its own.
"""
import io
import json
import os
import sys
import warnings

warnings.simplefilter('ignore')
sys.argv = ['supervisord']

from supervisor import events, options, rpcinterface, states  # noqa: E402
from supervisor.datatypes import Automatic, RestartUnconditionally  # noqa: E402


class FakeSupervisord:
    """As much of a daemon as getAllConfigInfo asks for."""

    process_groups = {}

    def __init__(self, opts):
        self.options = opts
        opts.mood = states.SupervisorStates.RUNNING


def plain(value):
    if value is Automatic:
        return 'auto'
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return value


def event_name(event):
    return [k for k, v in vars(events.EventTypes).items() if v is event][0]


def group_of(group):
    kind = type(group).__name__
    result = {'kind': kind, 'name': group.name, 'priority': group.priority}
    if hasattr(group, 'buffer_size'):
        result['buffer_size'] = group.buffer_size
        result['events'] = sorted(event_name(event) for event in group.pool_events)
    if hasattr(group, 'socket_config'):
        socket = group.socket_config
        is_unix = hasattr(socket, 'path') and socket.path is not None
        result['socket'] = {
            'url': socket.url,
            'owner': list(socket.owner) if is_unix and socket.owner else None,
            'mode': socket.mode if is_unix else None,
            'backlog': socket.backlog,
        }
    result['processes'] = [{
        'name': process.name,
        'environment': process.environment,
        'umask': process.umask,
        'stopasgroup': process.stopasgroup,
        'directory': process.directory,
        'autorestart': 'always' if process.autorestart is RestartUnconditionally
        else 'unexpected' if process.autorestart else 'never',
    } for process in group.process_configs]
    return result


SUPERVISORD_KEYS = (
    'logfile logfile_maxbytes logfile_backups loglevel pidfile umask nodaemon silent minfds minprocs '
    'nocleanup childlogdir uid directory strip_ansi identifier').split()


def read(file):
    opts = options.ServerOptions()
    opts.realize(['-c', file], doc='')
    interface = rpcinterface.SupervisorNamespaceRPCInterface(FakeSupervisord(opts))
    section = {key: plain(getattr(opts, key)) for key in SUPERVISORD_KEYS}
    for key in ('nodaemon', 'silent', 'nocleanup', 'strip_ansi'):
        section[key] = bool(section[key])
    section['environment'] = opts.configroot.supervisord.environment
    servers = []
    for server in opts.server_configs:
        described = {key: plain(server.get(key)) for key in ('section', 'username', 'password')}
        if 'file' in server:
            described.update(file=server['file'], chmod=server['chmod'], chown=plain(server['chown']))
        else:
            described.update(host=server['host'], port=server['port'])
        servers.append(described)
    return {
        'type': 'ok',
        'supervisord': section,
        'servers': servers,
        'rpcinterfaces': [name for name, factory, extras in opts.rpcinterface_factories],
        'groups': [group_of(group) for group in opts.process_group_configs],
        'configInfo': [{key: plain(value) for key, value in info.items()} for info in interface.getAllConfigInfo()],
        'infos': opts.parse_infos,
        'warnings': list(dict.fromkeys(opts.parse_warnings)),
    }


def answer(case):
    os.chdir(case['cwd'])
    os.environ.clear()
    os.environ.update(case['environ'])
    sys.stderr = options.ServerOptions.stderr = io.StringIO()
    try:
        return read(case['file'])
    except SystemExit as exit:
        lines = sys.stderr.getvalue().split('\nFor help, use ')[0]
        return {'type': 'invalid', 'code': exit.code, 'text': lines[len('Error: '):]}
    except Exception as error:
        return {'type': 'crashed', 'text': '%s: %s' % (type(error).__name__, error)}


def in_child(case):
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        with os.fdopen(writing, 'w', encoding='utf-8', errors='surrogatepass') as out:
            json.dump(answer(case), out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding='utf-8') as result:
        text = result.read()
    os.waitpid(pid, 0)
    return json.loads(text)


json.dump([in_child(case) for case in json.load(sys.stdin)], sys.stdout)
