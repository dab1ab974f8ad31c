import { describe, expect, it } from '@jest/globals';
import { Client } from '../../ctl/client.ts';
import { HttpFailure, ServerFault, UnexpectedAnswer } from '../../ctl/failures.ts';
import { testCases } from './command-case.ts';
import { Fault, startFakeServer } from './fake-server.ts';
import { runCommand } from './run-command.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const nobody = { username: undefined, password: undefined };

/** A server that wants `me` and `secret`. */
function startGuardedServer() {
  return startFakeServer({
    answers: { 'supervisor.getPID': 42 },
    handle(request, response) {
      if (request.headers.authorization === basic('me:secret')) return false;
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="default"' }).end();
      return true;
    },
  });
}

describe('the client', () => {
  it('makes calls one after the other on one connection', async () => {
    await using server = await startFakeServer({ answers: { 'supervisor.getPID': 42 } });
    using client = new Client(server.serverurl, nobody);
    expect(await client.call('supervisor.getPID')).toBe(42);
    expect(await client.call('supervisor.getPID')).toBe(42);
    expect(server.connections()).toBe(1);
    expect(server.authorizations).toEqual([undefined, undefined]);
  });

  it('logs in if both user and password are set', async () => {
    await using server = await startFakeServer();
    for (const [username, password] of [
      ['me', 'a:b'],
      ['me', undefined],
      [undefined, 'x'],
      ['me', ''],
    ]) {
      using client = new Client(server.serverurl, { username, password });
      await client.call('supervisor.getVersion');
    }
    expect(server.authorizations).toEqual([basic('me:a:b'), undefined, undefined, undefined]);
  });

  it('tells faults, HTTP errors and nonsense apart', async () => {
    await using faulty = await startFakeServer({ answers: { m: new Fault('FAILED', 'x') } });
    using toFaulty = new Client(faulty.serverurl, nobody);
    await expect(toFaulty.call('m')).rejects.toThrow(ServerFault);
    await using broken = await startFakeServer({
      handle(request, response) {
        if (request.url !== '/RPC2') return false;
        response.writeHead(broken.authorizations.length === 1 ? 500 : 200).end('no XML');
        return true;
      },
    });
    using toBroken = new Client(broken.serverurl, nobody);
    await expect(toBroken.call('m')).rejects.toThrow(HttpFailure);
    await expect(toBroken.call('m')).rejects.toThrow(UnexpectedAnswer);
  });
});

describe('a server that wants a password', () => {
  it('is told of in one line where there is nobody to ask', async () => {
    await using server = await startGuardedServer();
    const printed = await runCommand('pid', server);
    expect(printed).toEqual({ stdout: 'Server requires authentication\n', stderr: '', exitStatus: 1 });
  });

  it('is logged in to once user and password are typed', async () => {
    await using server = await startGuardedServer();
    const printed = await runCommand('pid', {
      ...server,
      interactive: true,
      typed: ['me', 'wrong', 'me', 'secret'],
    });
    const asked = 'Server requires authentication\nUsername:Password:\n';
    expect(printed).toEqual({ stdout: `${asked}${asked}42\n`, stderr: '', exitStatus: 0 });
  });

  it('ends the command where the input ends', async () => {
    await using server = await startGuardedServer();
    const printed = await runCommand('pid', { ...server, interactive: true, typed: ['me'] });
    expect(printed).toMatchObject({
      stdout: 'Server requires authentication\nUsername:Password:',
      exitStatus: 1,
    });
  });
});

describe('before a command', () => {
  const otherVersion =
    'Sorry, this version of supervisorctl expects to talk to a server with API version 3.0, but the remote version is 9.9.\n';
  testCases([
    {
      it: 'a server of another version is refused',
      line: 'pid',
      answers: { 'supervisor.getVersion': '9.9' },
      stdout: otherVersion,
      exitStatus: 5,
    },
    {
      it: 'a server of another version is 4 for status',
      line: 'status',
      answers: { 'supervisor.getVersion': '9.9' },
      stdout: otherVersion,
      exitStatus: 4,
    },
    {
      it: 'a server without the namespace is refused',
      line: 'pid',
      answers: { 'supervisor.getVersion': new Fault('UNKNOWN_METHOD') },
      stdout:
        'Sorry, supervisord responded but did not recognize the supervisor namespace commands that supervisorctl uses to control it.  Please check that the [rpcinterface:supervisor] section is enabled in the configuration file (see sample.conf).\n',
      exitStatus: 3,
    },
    {
      it: 'a server that is shutting down is an error',
      line: 'status',
      answers: { 'supervisor.getVersion': new Fault('SHUTDOWN_STATE') },
      stdout: "error: <Fault 6: 'SHUTDOWN_STATE'>\n",
      exitStatus: 1,
    },
    {
      it: 'an unknown one is told',
      line: 'nosuch x',
      stdout: '*** Unknown syntax: nosuch x\n',
      exitStatus: 1,
      calls: [],
    },
    { it: 'an empty line does nothing', line: '  ', stdout: '', calls: [] },
  ]);
});

describe('a command that waits', () => {
  it('shows what changes on a terminal, and removes that before its result', async () => {
    const live: string[] = [];
    const isShown = Promise.withResolvers<boolean>();
    await using server = await startFakeServer({
      answers: {
        'supervisor.stopProcess': () => isShown.promise,
        'supervisor.getAllProcessInfo': [
          { name: 'a', group: 'g', state: 40, statename: 'STOPPING', description: '', pid: 3 },
          { name: 'b', group: 'b', state: 20, statename: 'RUNNING', description: '', pid: 4 },
        ],
      },
    });
    const printed = await runCommand('stop g:a', {
      ...server,
      showLive(line) {
        live.push(line);
        isShown.resolve(true);
      },
    });
    expect(printed.stdout).toBe('g:a: stopped\n');
    expect(live.at(0)).toBe('g:a STOPPING');
    expect(live.at(-1)).toBe('');
  });

  it('asks for nothing else where stdout is no terminal', async () => {
    await using server = await startFakeServer({ answers: { 'supervisor.stopProcess': true } });
    await runCommand('stop a', server);
    expect(server.calls).toEqual(['supervisor.getVersion()', 'supervisor.stopProcess(a)']);
  });
});
