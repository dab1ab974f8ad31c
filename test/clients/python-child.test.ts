/** Programs that call the daemon they run under, with supervisor.childutils and a password. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { program, programSection } from '../differential/steps/programs.ts';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeEachDaemon } from './each-daemon.ts';
import { quickProgram } from './quick-program.ts';
import { tcpServer } from './tcp-server.ts';

describeEachDaemon('supervisor.childutils in a child, with a password', (implementation) => {
  // The daemon tells its address, but no password: that is for the environment of the program.
  const credentials = 'username=ops\npassword=secret';
  const asks = (...lines: readonly string[]) =>
    programSection(
      'asks',
      `command=${program('asks-its-daemon')}`,
      'startsecs=0',
      'stdout_logfile=%(here)s/asks.log',
      'environment=SUPERVISOR_USERNAME="ops",SUPERVISOR_PASSWORD="secret"',
      ...lines,
    );
  const other = quickProgram('other', '/bin/cat', 'priority=1');

  async function answersIn(daemon: Daemon): Promise<unknown> {
    const file = join(daemon.dir, 'asks.log');
    await waitFor(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'), {
      what: 'the child to print what it was answered',
    });
    return JSON.parse(readFileSync(file, 'utf8'));
  }

  const answers = {
    name: 'asks',
    group: 'asks',
    enabled: '1',
    'own pid': true,
    parent: true,
    state: { statecode: 1, statename: 'RUNNING' },
    other: true,
    batch: ['3.0'],
  };

  it('finds the unix socket', async () => {
    await using daemon = await startDaemon({ implementation, credentials, configuration: asks() + other });
    expect(await answersIn(daemon)).toEqual(answers);
  });

  it('finds the TCP port that its serverurl names', async () => {
    const port = await freePort();
    await using daemon = await startDaemon({
      implementation,
      configuration: tcpServer(port) + asks(`serverurl=http://127.0.0.1:${port}`) + other,
    });
    expect(await answersIn(daemon)).toEqual(answers);
  });
});
