import { linkSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { commands } from '../../../ctl/commands.ts';
import { encodeResponse } from '../../../rpc/xmlrpc.ts';
import { waitFor } from '../../support/wait-for.ts';
import { info, stopped, testCases } from '../command-case.ts';
import { Fault, startFakeServer } from '../fake-server.ts';
import { runCommand } from '../run-command.ts';

const stdoutLog = 'supervisor.readProcessStdoutLog';
const tailHelp = (await commands.get('tail')?.())?.help.map((line) => `${line}\n`).join('') ?? '';
const maintailHelp = (await commands.get('maintail')?.())?.help.map((line) => `${line}\n`).join('') ?? '';

describe('tail', () => {
  testCases([
    {
      it: 'reads the last 1600 bytes of stdout, and ends with a line of its own',
      line: 'tail web',
      answers: { [stdoutLog]: 'one\ntwo\n' },
      stdout: 'one\ntwo\n\n',
      calls: [`${stdoutLog}(web, -1600, 0)`],
    },
    {
      it: 'reads the last N bytes',
      line: 'tail -20 web',
      answers: { [stdoutLog]: 'x' },
      stdout: 'x\n',
      calls: [`${stdoutLog}(web, -20, 0)`],
    },
    {
      it: 'reads all with -0',
      line: 'tail -0 web stdout',
      answers: { [stdoutLog]: 'x' },
      stdout: 'x\n',
      calls: [`${stdoutLog}(web, 0, 0)`],
    },
    {
      it: 'reads stderr, however it is spelled',
      line: 'tail g:a STDERR',
      answers: { 'supervisor.readProcessStderrLog': 'x' },
      stdout: 'x\n',
      calls: ['supervisor.readProcessStderrLog(g:a, -1600, 0)'],
    },
    {
      it: 'shows control characters that XML cannot hold as U+FFFD',
      line: 'tail web',
      answers: { [stdoutLog]: 'a\x1b[0m' },
      stdout: 'a\ufffd[0m\n',
    },
    { it: 'needs arguments', line: 'tail', stdout: `Error: too few arguments\n${tailHelp}`, exitStatus: 1 },
    {
      it: 'takes three at most',
      line: 'tail -5 a b c',
      stdout: `Error: too many arguments\n${tailHelp}`,
      exitStatus: 1,
    },
    { it: 'needs a name', line: 'tail -5', stdout: 'Error: tail requires process name\n', exitStatus: 1 },
    {
      it: 'knows two channels',
      line: 'tail -f web foo',
      stdout: "Error: bad channel 'foo'\n",
      exitStatus: 1,
    },
    {
      it: 'refuses an unknown modifier',
      line: 'tail -x web',
      stdout: 'Error: bad argument -x\n',
      exitStatus: 1,
    },
    {
      it: 'refuses two minus signs',
      line: 'tail --5 web',
      stdout: 'Error: bad argument --5\n',
      exitStatus: 1,
    },
    {
      it: 'tells that there is no log',
      line: 'tail web',
      answers: { [stdoutLog]: new Fault('NO_FILE') },
      stdout: 'web: ERROR (no log file)\n',
      exitStatus: 1,
    },
    {
      it: 'tells that the log cannot be read',
      line: 'tail web',
      answers: { [stdoutLog]: new Fault('FAILED') },
      stdout: 'web: ERROR (unknown error reading log)\n',
      exitStatus: 1,
    },
    {
      it: 'tells that there is no such process',
      line: 'tail web',
      answers: { [stdoutLog]: new Fault('BAD_NAME') },
      stdout: 'web: ERROR (no such process name)\n',
      exitStatus: 1,
    },
    {
      it: 'tells any other fault as an error',
      line: 'tail web',
      answers: { [stdoutLog]: new Fault('SHUTDOWN_STATE') },
      stdout: "error: <Fault 6: 'SHUTDOWN_STATE'>\n",
      exitStatus: 1,
    },
  ]);
});

describe('maintail', () => {
  testCases([
    {
      it: 'reads the last 1600 bytes',
      line: 'maintail',
      answers: { 'supervisor.readLog': 'x' },
      stdout: 'x\n',
      calls: ['supervisor.readLog(-1600, 0)'],
    },
    {
      it: 'reads the last N bytes',
      line: 'maintail -3',
      answers: { 'supervisor.readLog': 'x' },
      stdout: 'x\n',
      calls: ['supervisor.readLog(-3, 0)'],
    },
    {
      it: 'takes one argument at most',
      line: 'maintail -f x',
      stdout: `Error: too many arguments\n${maintailHelp}`,
      exitStatus: 1,
    },
    {
      it: 'refuses any other argument',
      line: 'maintail x',
      stdout: 'Error: bad argument x\n',
      exitStatus: 1,
    },
    {
      it: 'tells that there is no log',
      line: 'maintail',
      answers: { 'supervisor.readLog': new Fault('NO_FILE') },
      stdout: 'supervisord: ERROR (no log file)\n',
      exitStatus: 1,
    },
    {
      it: 'tells that the log cannot be read',
      line: 'maintail',
      answers: { 'supervisor.readLog': new Fault('FAILED') },
      stdout: 'supervisord: ERROR (unknown error reading log)\n',
      exitStatus: 1,
    },
  ]);
});

describe('tail -f', () => {
  it('prints what the server sends, until it has nothing more to tell', async () => {
    const paths: (string | undefined)[] = [];
    await using server = await startFakeServer({
      handle(request, response) {
        if (request.method !== 'GET') return false;
        paths.push(request.url);
        response.write('one\n');
        response.end('two\n');
        return true;
      },
    });
    const printed = await runCommand('tail -f g:a stderr', server);
    expect(printed).toEqual({
      stdout: '==> Press Ctrl-C to exit <==\none\ntwo\n',
      stderr: '',
      exitStatus: 0,
    });
    await runCommand('maintail -f', server);
    await runCommand('tail -f näme', server);
    expect([...new Set(paths)]).toEqual(['/logtail/g:a/stderr', '/mainlogtail', '/logtail/n%C3%A4me/stdout']);
  });

  it('goes on where it was when the server ends the stream, or breaks it off, and is there again', async () => {
    const numbers = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('');
    const whole = numbers(0, 300);
    const cuts = [1500, 2000, 2000, 2700, whole.length];
    let streams = 0;
    await using server = await startFakeServer({
      handle(request, response) {
        if (request.method !== 'GET') return false;
        const end = cuts[streams];
        if (end === undefined) return false;
        streams += 1;
        // As supervisord does: the last 1,024 bytes first.
        response.write(whole.slice(Math.max(0, (cuts[streams - 2] ?? 0) - 1024), end), () => {
          if (streams % 2 === 0) response.destroy();
          else response.end();
        });
        return true;
      },
    });
    expect(await runCommand('tail -f web', server)).toEqual({
      stdout: `==> Press Ctrl-C to exit <==\n${whole}`,
      stderr: `${server.serverurl}/logtail/web/stdout Cannot read, status code 404\n`,
      exitStatus: 1,
    });
  });

  it('waits for a server that has died and listens again', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'follow-'));
    const path = join(dir, 's.sock');
    // One that is killed leaves its socket behind, refusing connections.
    const listen = async (text: string): Promise<Server> => {
      const server = createServer((request, response) => {
        if (request.method === 'POST') response.end(encodeResponse('3.0'));
        else response.write(text);
      });
      rmSync(path, { force: true });
      await new Promise<void>((resolve) => void server.listen(path, resolve));
      return server;
    };
    let server = await listen('one\n');
    let printed = '';
    const running = runCommand('tail -f web', {
      serverurl: `unix://${path}`,
      watchesStdout: (text) => {
        printed = text;
      },
    });
    await waitFor(() => printed.endsWith('one\n'));
    linkSync(path, `${path}.kept`);
    server.close();
    renameSync(`${path}.kept`, path);
    server.closeAllConnections();
    server = await listen('one\ntwo\n');
    await waitFor(() => printed.endsWith('two\n'));
    expect(printed).toBe('==> Press Ctrl-C to exit <==\none\ntwo\n');
    server.close();
    server.closeAllConnections();
    expect((await running).exitStatus).toBe(0);
    rmSync(dir, { recursive: true });
  });

  it('tells an HTTP error on stderr and exits with 1', async () => {
    await using server = await startFakeServer({
      handle(request, response) {
        if (request.method !== 'GET') return false;
        response.writeHead(404).end('gone');
        return true;
      },
    });
    expect(await runCommand('tail -f web', server)).toEqual({
      stdout: '==> Press Ctrl-C to exit <==\n',
      stderr: `${server.serverurl}/logtail/web/stdout Cannot read, status code 404\n`,
      exitStatus: 1,
    });
  });
});

describe('fg', () => {
  testCases([
    {
      it: 'needs a name',
      line: 'fg',
      stdout:
        'ERROR: no process name supplied\nfg <process>\tConnect to a process in foreground mode\n\t\tCtrl-C to exit\n',
      exitStatus: 1,
    },
    {
      it: 'takes one name',
      line: 'fg a b',
      stdout: 'ERROR: too many process names supplied\n',
      exitStatus: 1,
    },
    {
      it: 'refuses an unknown name',
      line: 'fg a',
      answers: { 'supervisor.getProcessInfo': new Fault('BAD_NAME') },
      stdout: 'ERROR: bad process name supplied\n',
      exitStatus: 1,
    },
    {
      it: 'refuses a process that is not running',
      line: 'fg a',
      answers: { 'supervisor.getProcessInfo': info('a', 'a', stopped) },
      stdout: 'ERROR: process not running\n',
      exitStatus: 1,
    },
  ]);

  const followable = {
    'supervisor.getProcessInfo': info('a', 'a'),
    'supervisor.sendProcessStdin': true,
  };

  it('sends each line with its end, and returns at the end of the input', async () => {
    await using server = await startFakeServer({ answers: followable });
    const printed = await runCommand('fg a', { ...server, typed: ['one', 'two'] });
    expect(printed).toEqual({
      stdout: '==> Press Ctrl-C to exit <==\nExiting foreground\n',
      stderr: '',
      exitStatus: 0,
    });
    expect(server.calls.filter((call) => call.startsWith('supervisor.send'))).toEqual([
      'supervisor.sendProcessStdin(a, one\n)',
      'supervisor.sendProcessStdin(a, two\n)',
    ]);
  });

  it('tells that the process got killed', async () => {
    await using server = await startFakeServer({
      answers: { ...followable, 'supervisor.sendProcessStdin': new Fault('NOT_RUNNING', 'a') },
    });
    const { stdout, exitStatus } = await runCommand('fg a', { ...server, typed: ['one', 'two'] });
    expect(stdout).toBe('==> Press Ctrl-C to exit <==\nProcess got killed\nExiting foreground\n');
    expect(exitStatus).toBe(0);
  });
});
