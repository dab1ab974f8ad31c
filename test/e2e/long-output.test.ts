import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { startDaemon } from '../support/daemons.ts';

const count = 2000;
const configuration = `[program:many]
command=/bin/cat
process_name=%(program_name)s_%(process_num)04d
numprocs=${count}
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
`;

describe('supervisorctl into a pipe that is slow to read', () => {
  it('writes all of a long status before it ends', async () => {
    await using daemon = await startDaemon({ implementation: 'ours', configuration });
    expect((await daemon.ctl('ours', ['status'])).stdout.split('\n')).toHaveLength(count + 1);
    // More than a pipe holds, and a reader that does not begin at once.
    const piped = `bin/supervisorctl -c ${daemon.configurationFile} status | { sleep 1; wc -l; }`;
    expect((await execa('sh', ['-c', piped])).stdout).toBe(String(count));
  });

  it('writes all of it into a pipe that does not block', async () => {
    await using daemon = await startDaemon({ implementation: 'ours', configuration });
    const program = 'test/fixtures/programs/shares-its-stdout.ts';
    const command = `node ${program} bin/supervisorctl -c ${daemon.configurationFile} status`;
    const { stdout } = await execa('sh', ['-c', `${command} | { sleep 1; cat; }`], { preferLocal: true });
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(count + 1);
    expect(lines.at(-1)).toMatch(/^many:many_1999 +STOPPED {3}Not started$/);
  });

  it('ends without a word when the reader does', async () => {
    await using daemon = await startDaemon({ implementation: 'ours', configuration });
    const piped = `{ bin/supervisorctl -c ${daemon.configurationFile} status; echo "status $?" >&2; } | head -n 1`;
    const { stdout, stderr } = await execa('sh', ['-c', piped]);
    expect(stdout).toMatch(/^many:many_0000 +STOPPED/);
    expect(stderr).toBe('status 1');
  });
});
