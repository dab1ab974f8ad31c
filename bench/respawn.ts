import { closeSync, constants, createReadStream, openSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { kill } from 'node:process';
import { execa } from 'execa';
import { startDaemon } from '../test/support/daemons.ts';
import type { Benchmark, Figure } from './benchmark.ts';

const kills = 10;

/** `kill -9` of a child until its replacement has written its first byte. */
export const respawn: Benchmark = {
  name: 'respawn',
  title: 'kill -9 of a child → its replacement has written its first byte',
  rounds: 3,
  async run(implementation) {
    const configuration = `[program:victim]
command=/bin/sh -c "echo $$ > %(here)s/births; exec /bin/sleep 100000"
autorestart=true
startsecs=0
autostart=false
`;
    await using daemon = await startDaemon({ implementation, configuration });
    const fifo = join(daemon.dir, 'births');
    await execa('mkfifo', [fifo]);
    const descriptor = openSync(fifo, constants.O_RDWR);
    const births = createReadStream('', { fd: descriptor, encoding: 'latin1', autoClose: false });
    const nextBirth = (): Promise<number> =>
      new Promise((resolve) => births.once('data', (data) => resolve(Number(data))));

    const figures: Figure[] = [];
    let birth = nextBirth();
    await daemon.rpc('supervisor.startProcess', 'victim');
    let pid = await birth;
    for (let round = 0; round < kills; round += 1) {
      // The FIFO's reader must be idle again, and the shell have become `sleep`.
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 500));
      birth = nextBirth();
      const before = performance.now();
      kill(pid, 'SIGKILL');
      pid = await birth;
      figures.push({ name: 'latency', unit: 'ms', value: performance.now() - before });
    }
    births.destroy();
    // Frees the reader that waits on the FIFO in a thread.
    const waker = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    await execa('sh', ['-c', `echo > '${fifo}'`]);
    closeSync(waker);
    return figures;
  },
};
