import { describe, expect, it } from '@jest/globals';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { httpRequest, messageOf, tokenIn } from '../support/http-request.ts';
import { pidOf, stdoutOf, waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

async function act(daemon: Daemon, action: string, processname = ''): Promise<string | null> {
  const token = tokenIn((await httpRequest(daemon.socket, '/')).body);
  return messageOf(await httpRequest(daemon.socket, '/', { form: { action, processname, token } }));
}

/** With a program that only SIGKILL ends. */
async function startStubborn(): Promise<Daemon> {
  const daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[program:stubborn]\ncommand=${process.cwd()}/test/fixtures/programs/ignores-term\nstartsecs=0\nstopwaitsecs=1000\n`,
  });
  await waitFor(async () => (await stdoutOf(daemon, 'stubborn')) === 'ready\n', { what: 'the program' });
  return daemon;
}

describe('the web page', () => {
  it('shows a program, restarts it, stops it, and shows what it said', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: `[program:speaks]\ncommand=${process.cwd()}/test/fixtures/programs/prints-colours\nstartsecs=0\nautorestart=false\n[program:cat]\ncommand=/bin/cat\nstartsecs=0\n`,
    });
    await waitForState(daemon, 'cat', 'RUNNING');
    await waitForState(daemon, 'speaks', 'EXITED');
    const pid = await pidOf(daemon, 'cat');
    const { body } = await httpRequest(daemon.socket, '/');
    expect(body).toContain('<span class="state good">running</span>');
    expect(body).toContain(`<td>pid ${pid}, uptime 0:0`);

    expect(await act(daemon, 'restart', 'cat')).toBe('Process cat restarted');
    expect(await pidOf(daemon, 'cat')).not.toBe(pid);
    expect(await act(daemon, 'stop', 'cat')).toBe('Process cat stopped');
    expect((await httpRequest(daemon.socket, '/')).body).toContain('aria-label="Start cat"');

    const tail = await httpRequest(daemon.socket, '/tail.html?processname=speaks');
    expect(tail.body).toContain('<pre>\nred and underlined\n</pre>');
    expect(await act(daemon, 'clearlog', 'speaks')).toBe('Log for speaks cleared');
    expect((await httpRequest(daemon.socket, '/tail.html?processname=speaks')).body).toContain(
      '<pre>\n</pre>',
    );
  });

  it('does nothing for a link, and the log says so', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: '[program:cat]\ncommand=/bin/cat\nstartsecs=0\n',
    });
    await waitForState(daemon, 'cat', 'RUNNING');
    const pid = await pidOf(daemon, 'cat');
    for (const query of ['action=stopall', 'action=restart&processname=cat']) {
      expect((await httpRequest(daemon.socket, `/?${query}`)).status).toBe(405);
    }
    expect(await pidOf(daemon, 'cat')).toBe(pid);
    await waitForLog(daemon, 'WARN Web page: "restart" was asked for by a link, which does nothing');
  });

  it('is there while the daemon waits for its programs to end', async () => {
    await using daemon = await startStubborn();
    const pid = await pidOf(daemon, 'stubborn');
    daemon.kill('SIGTERM');
    await waitFor(async () => (await httpRequest(daemon.socket, '/')).body.includes('shutdown'));
    expect((await httpRequest(daemon.socket, '/')).body).toContain('>stopping</span>');
    expect(await act(daemon, 'restart', 'stubborn')).toBe('unexpected rpc fault [6] SHUTDOWN_STATE');
    expect((await httpRequest(daemon.socket, '/ok.html')).body).toBe('OK');
    process.kill(pid, 'SIGKILL');
    expect(await daemon.ended()).toBe(0);
  });

  it('goes on restarting a program when the client has gone', async () => {
    await using daemon = await startStubborn();
    const pid = await pidOf(daemon, 'stubborn');
    const gone = new AbortController();
    const token = tokenIn((await httpRequest(daemon.socket, '/')).body);
    const form = { action: 'restart', processname: 'stubborn', token };
    const answer = httpRequest(daemon.socket, '/', { form, signal: gone.signal });
    await waitForState(daemon, 'stubborn', 'STOPPING');
    gone.abort();
    await expect(answer).rejects.toThrow('abort');
    process.kill(pid, 'SIGKILL');
    await waitForState(daemon, 'stubborn', 'RUNNING');
    expect(await pidOf(daemon, 'stubborn')).not.toBe(pid);
  });
});
