import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { startDaemon } from '../support/daemons.ts';

describe('supervisorctl into a pipe that is slow to read', () => {
  it('writes all of a long status before it ends', async () => {
    const count = 2000;
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: `[program:many]
command=/bin/cat
process_name=%(program_name)s_%(process_num)04d
numprocs=${count}
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
`,
    });
    expect((await daemon.ctl('ours', ['status'])).stdout.split('\n')).toHaveLength(count + 1);
    // More than a pipe holds, and a reader that does not begin at once.
    const piped = `bin/supervisorctl -c ${daemon.configurationFile} status | { sleep 1; wc -l; }`;
    expect((await execa('sh', ['-c', piped])).stdout).toBe(String(count));
  });
});
