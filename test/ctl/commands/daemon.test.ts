import { describe, expect, it } from '@jest/globals';
import { testCases } from '../command-case.ts';
import { Fault, startFakeServer } from '../fake-server.ts';
import { runCommand } from '../run-command.ts';

const restartQuestion = 'Really restart the remote supervisord process y/N? ';
const shutdownQuestion = 'Really shut the remote supervisord process down y/N? ';

describe('reload', () => {
  const restart = 'supervisor.restart';
  testCases([
    {
      it: 'restarts the daemon',
      line: 'reload',
      answers: { [restart]: true },
      stdout: 'Restarted supervisord\n',
    },
    {
      it: 'asks first where there is somebody to ask',
      line: 'reload',
      interactive: true,
      typed: ['Yes'],
      answers: { [restart]: true },
      stdout: `${restartQuestion}Restarted supervisord\n`,
    },
    {
      it: 'does nothing without a yes',
      line: 'reload',
      interactive: true,
      typed: [''],
      stdout: restartQuestion,
      calls: [],
    },
    {
      it: 'fails where the input ends instead of an answer',
      line: 'reload',
      interactive: true,
      stdout: `${restartQuestion}error: Cannot ask for confirmation: the input has ended\n`,
      exitStatus: 1,
    },
    {
      it: 'exits with 1 while the daemon is shutting down',
      line: 'reload',
      answers: { [restart]: new Fault('SHUTDOWN_STATE') },
      stdout: 'ERROR: already shutting down\n',
      exitStatus: 1,
    },
    {
      it: 'says what is wrong with the configuration, and exits with 1',
      line: 'reload',
      answers: { [restart]: new Fault('CANT_REREAD', '/etc/s.conf:3: [program:a]: bad') },
      stdout: 'ERROR: CANT_REREAD: /etc/s.conf:3: [program:a]: bad\n',
      exitStatus: 1,
    },
    {
      it: 'takes no arguments',
      line: 'reload x',
      stdout: 'Error: reload accepts no arguments\nreload \t\tRestart the remote supervisord.\n',
      exitStatus: 1,
    },
  ]);
});

describe('shutdown', () => {
  const shutdown = 'supervisor.shutdown';
  testCases([
    { it: 'ends the daemon', line: 'shutdown', answers: { [shutdown]: true }, stdout: 'Shut down\n' },
    {
      it: 'asks first where there is somebody to ask',
      line: 'shutdown',
      interactive: true,
      typed: ['n'],
      stdout: shutdownQuestion,
      calls: [],
    },
    {
      it: 'counts a daemon that is shutting down as success',
      line: 'shutdown',
      answers: { [shutdown]: new Fault('SHUTDOWN_STATE') },
      stdout: 'ERROR: already shutting down\n',
    },
    {
      it: 'takes no arguments',
      line: 'shutdown x',
      stdout: 'Error: shutdown accepts no arguments\nshutdown \tShut the remote supervisord down.\n',
      exitStatus: 1,
    },
  ]);

  it('suspects that a daemon without a socket is down already', async () => {
    const serverurl = 'unix:///nonexistent/s.sock';
    expect(await runCommand('shutdown', { serverurl })).toEqual({
      stdout: `ERROR: ${serverurl} no such file (already shut down?)\n`,
      stderr: '',
      exitStatus: 1,
    });
  });
});

describe('open', () => {
  testCases([
    {
      it: 'knows two kinds of URL',
      line: 'open foo',
      stdout: 'ERROR: url must be http:// or unix://\n',
      exitStatus: 1,
    },
    {
      it: 'does not fail where the server there is down',
      line: 'open unix:///nonexistent/s.sock',
      stdout: 'unix:///nonexistent/s.sock no such file\n',
    },
  ]);

  it('talks to the other server from then on', async () => {
    await using first = await startFakeServer();
    await using second = await startFakeServer({ answers: { 'supervisor.getAllProcessInfo': [] } });
    expect((await runCommand(`open ${second.serverurl}`, first)).exitStatus).toBe(0);
    expect(first.calls).toEqual([]);
    expect(second.calls).toEqual(['supervisor.getVersion()', 'supervisor.getAllProcessInfo()']);
  });
});

describe('quit, exit and EOF', () => {
  testCases(
    ['quit', 'exit', 'EOF'].map((line) => ({
      it: `${line} prints an empty line`,
      line,
      stdout: '\n',
      calls: [],
    })),
  );
});

describe('upgrade', () => {
  const product = 'monitor.getProductVersion';
  const method = 'monitor.upgrade';
  /** Another version answers once the upgrade has been asked for. */
  const versions = (...answers: readonly string[]) => {
    const left = [...answers];
    return async () => left.shift() ?? '';
  };
  testCases([
    {
      it: 'waits for the new version, and tells both',
      line: 'upgrade',
      answers: { [product]: versions('0.1.0', '0.2.0'), [method]: '0.2.0' },
      stdout: 'upgraded from 0.1.0 to 0.2.0\n',
      calls: [`${product}()`, `${method}()`, `${product}()`],
    },
    {
      it: 'says so when the version is the same',
      line: 'upgrade',
      answers: { [product]: '0.1.0', [method]: '0.1.0' },
      stdout: 'upgraded: version 0.1.0 again\n',
    },
    {
      it: 'tells why there is no upgrade',
      line: 'upgrade',
      answers: { [product]: '0.1.0', [method]: new Fault('FAILED', 'cannot execute /x: EACCES') },
      stdout: 'ERROR: cannot execute /x: EACCES\n',
      exitStatus: 1,
    },
    {
      it: 'notices that the old version still runs',
      line: 'upgrade',
      answers: { [product]: '0.1.0', [method]: '0.2.0' },
      stdout: 'ERROR: version 0.1.0 still runs; see the log of supervisord\n',
      exitStatus: 1,
    },
    {
      it: 'only asks with --check',
      line: 'upgrade --check',
      answers: { 'monitor.checkUpgrade': '0.2.0' },
      stdout: 'version 0.2.0 can take over\n',
      calls: ['monitor.checkUpgrade()'],
    },
    {
      it: 'tells what stands in the way with --check',
      line: 'upgrade --check',
      answers: { 'monitor.checkUpgrade': new Fault('FAILED', 'group web is being updated') },
      stdout: 'ERROR: group web is being updated\n',
      exitStatus: 1,
    },
    {
      it: 'tells that a supervisord of another kind cannot do it',
      line: 'upgrade',
      stdout: 'ERROR: this supervisord cannot be upgraded in place\n',
      exitStatus: 1,
    },
    {
      it: 'does nothing while the daemon shuts down',
      line: 'upgrade --check',
      answers: { 'monitor.checkUpgrade': new Fault('SHUTDOWN_STATE') },
      stdout: 'ERROR: already shutting down\n',
      exitStatus: 1,
    },
    {
      it: 'refuses any other argument',
      line: 'upgrade now',
      stdout:
        'Error: bad argument now\n' +
        'upgrade\t\t\tReplace the remote supervisord by the version that is installed now.\n' +
        '\t\t\tPrograms run on.\n' +
        'upgrade --check\t\tShow which version that is, or why it could not go on.\n',
      exitStatus: 1,
    },
  ]);

  it('waits for the new version on a connection of its own', async () => {
    await using server = await startFakeServer({ answers: { [product]: '0.1.0', [method]: '0.1.0' } });
    await runCommand('upgrade', server);
    expect(server.connections()).toBe(2);
  });

  it('tells that the new version has ended when nobody answers', async () => {
    await using server = await startFakeServer({
      answers: { [product]: versions('0.1.0'), [method]: '0.2.0' },
      handle(request) {
        if (server.calls.at(-1) !== `${method}()`) return false;
        request.socket.destroy();
        return true;
      },
    });
    expect(await runCommand('upgrade', server)).toEqual({
      stdout: 'ERROR: version 0.2.0 has ended before it answered; see the log of supervisord\n',
      stderr: '',
      exitStatus: 1,
    });
  });
});
