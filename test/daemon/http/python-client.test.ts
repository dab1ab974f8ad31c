import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { execa, execaSync } from 'execa';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { type Login, TestServer } from '../../support/http-servers.ts';
import { groupSettings } from '../../support/process-settings.ts';

const script = fileURLToPath(new URL('../../fixtures/python/call_methods.py', import.meta.url));
/** The first interpreter that has the library: the distribution's package is for its own. */
const python = ['python3', '/usr/bin/python3'].find(
  (candidate) => execaSync(candidate, ['-c', 'import supervisor.xmlrpc'], { reject: false }).exitCode === 0,
);
// Where it is not installed there is nothing to compare with; continuous integration has to have it.
const itWithClient = python !== undefined || env['CI'] !== undefined ? it : it.skip;

async function callMethods(server: TestServer, { username, password }: Login): Promise<unknown[]> {
  const { stdout } = await execa(python ?? 'python3', [script, `unix://${server.file}`, username, password]);
  return JSON.parse(stdout);
}

describe('the client library of supervisord', () => {
  const credentials = { username: 'user', password: 'pass:word' };

  itWithClient('understands what it is answered, and is understood', async () => {
    const context = fakeRpcContext([groupSettings('web', [{ name: 'web' }])]);
    await using server = await TestServer.open(context, { credentials });
    const log = join(server.directory, 'web.log');
    writeFileSync(log, Buffer.concat([Buffer.from('grün \x1b[0m\r\n<&>]]>'), Buffer.from([0xff])]));
    const web = context.supervisor.process('web').run();
    web.logfiles = { stdout: log, stderr: undefined };
    const answers = await callMethods(server, credentials);
    expect(answers).toMatchObject([
      4242,
      { statecode: 1, statename: 'RUNNING' },
      [{ name: 'web', group: 'web', state: 20, pid: 4711, now: 1_700_000_000 }],
      { code: 10, text: 'BAD_NAME: nö😀<&>' },
      true,
      'grün \ufffd[0m\r\n<&>]]>\ufffd',
      true,
      [4242, { faultCode: 1, faultString: 'UNKNOWN_METHOD' }],
      [{ name: 'web', restarts: 0, lastexit: '' }],
    ]);
    expect(web.stdin).toEqual(['grüß\n<&>']);
    expect(context.supervisor.asked).toEqual(['signal web 1']);
  });

  itWithClient('is told when its password is wrong', async () => {
    await using server = await TestServer.open(fakeRpcContext(), { credentials });
    const answers = await callMethods(server, { username: 'user', password: 'wrong' });
    expect(answers).toEqual(answers.map(() => ({ status: 401 })));
  });
});
