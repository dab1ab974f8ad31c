import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { execaSync } from 'execa';
import { beginToken, endToken } from '../../daemon/log/capture.ts';
import { Daemon, startDaemon } from '../support/daemons.ts';
import { ownDev, prepareDev } from '../support/machine-syslog.ts';
import { anonymousKilobytes, fullLog, infoOf, waitForLog, waitForState } from '../support/supervised.ts';
import { SyslogListener } from '../support/syslog-listener.ts';
import { waitFor } from '../support/wait-for.ts';
import { fault } from './fault.ts';

const programs = resolve('test/fixtures/programs');

function program(name: string, command: string, lines = ''): string {
  return `[program:${name}]\ncommand=${command}\nstartsecs=0\nautorestart=false\n${lines}\n`;
}

fault('a program never ends what it captures', async () => {
  const flood = `sh -c "echo '${beginToken}'; head -c 300000000 /dev/zero; exec sleep 1000"`;
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration:
      program('flood', flood, 'stdout_capture_maxbytes=64KB\nstdout_logfile=%(here)s/flood') +
      program('good', '/bin/echo fine', 'stdout_logfile=%(here)s/good'),
  });
  await waitForState(daemon, 'good', 'EXITED');
  const pid = Number(await infoOf(daemon, 'flood', 'pid'));
  await waitFor(() => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n', { what: 'the whole flood' });
  expect(anonymousKilobytes(daemon.pid)).toBeLessThan(200_000);
  await daemon.rpc('supervisor.stopProcess', 'flood');
  expect(readFileSync(join(daemon.dir, 'flood')).length).toBe(65536);
  return await fullLog(daemon);
});

fault('a program captures more than it may', async () => {
  const message = `printf '${beginToken}123456789${endToken}'`;
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: program('large', message, 'stdout_capture_maxbytes=4'),
  });
  await waitForState(daemon, 'large', 'EXITED');
  return await fullLog(daemon);
});

fault('a program dies while it captures', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: program(
      'dies',
      `sh -c "printf 'log ${beginToken}rest'; kill -9 $$"`,
      'stdout_capture_maxbytes=1KB\nstdout_logfile=%(here)s/dies',
    ),
  });
  await waitForState(daemon, 'dies', 'EXITED');
  expect(readFileSync(join(daemon.dir, 'dies'), 'utf8')).toBe('log rest');
  return await fullLog(daemon);
});

fault(
  'the runtime directory has no room for output',
  async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'runtime_directory=%(here)s/disk',
      configuration: program('sees', '/bin/cat', 'stdout_capture_maxbytes=1KB\nstdout_logfile=%(here)s/sees'),
    });
    const disk = join(daemon.dir, 'disk');
    mkdirSync(disk);
    execaSync`mount -t tmpfs -o size=128k tmpfs ${disk}`;
    try {
      await daemon.start();
      const ballast = join(disk, 'ballast');
      expect(() => writeFileSync(ballast, Buffer.alloc(256 * 1024))).toThrow('ENOSPC');
      const say = async (text: string): Promise<void> => {
        await daemon.rpc('supervisor.sendProcessStdin', 'sees', text);
        const isLogged = () => readFileSync(join(daemon.dir, 'sees'), 'utf8').endsWith(text);
        await waitFor(isLogged, { what: `'${text}' in the log` });
      };
      await say('one');
      await waitForLog(daemon, 'ENOSPC');
      rmSync(ballast);
      for (let count = 0; !daemon.logText().includes('again on its way'); count += 1)
        await say(`more ${count}`);
      return await fullLog(daemon);
    } finally {
      await daemon.stop();
      execaSync`umount --lazy ${disk}`;
    }
  },
  { needsRoot: true },
);

const said = 'stdout_syslog=true\nstdout_logfile=NONE';

fault(
  'the syslog daemon is not there',
  async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      prefix: ownDev,
      configuration: program('says', '/bin/echo hello', said),
    });
    const path = prepareDev(daemon);
    await daemon.start();
    await waitForLog(daemon, 'cannot send to syslog');
    using listener = new SyslogListener(path);
    await waitForState(daemon, 'says', 'EXITED');
    await daemon.rpc('supervisor.startProcess', 'says');
    await waitFor(() => listener.messages().length === 2, { what: 'both messages' });
    expect(listener.texts()).toEqual(['says hello', 'says hello']);
    return await fullLog(daemon);
  },
  { needsRoot: true },
);

fault(
  'the syslog daemon stops reading',
  async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      prefix: ownDev,
      configuration:
        program('counts', `${programs}/touches-when-done 300000 %(here)s/done`, said) +
        program('good', '/bin/echo fine', 'autostart=false'),
    });
    using listener = new SyslogListener(prepareDev(daemon), { isStopped: true });
    await daemon.start();
    await waitForLog(daemon, 'cannot send to syslog');
    await daemon.rpc('supervisor.startProcess', 'good');
    await waitFor(() => existsSync(join(daemon.dir, 'done')), { what: 'the program to be done' });
    await waitForState(daemon, 'counts', 'EXITED');
    listener.resume();
    await waitForLog(daemon, 'syslog took nothing');
    const texts = listener.texts();
    expect(texts).toEqual(texts.map((_, index) => `counts ${index + 1}`));
    return await fullLog(daemon);
  },
  { needsRoot: true },
);

fault(
  'the syslog daemon is not there at the end',
  async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      prefix: ownDev,
      configuration: program('says', '/bin/echo hello', said),
    });
    prepareDev(daemon);
    await daemon.start();
    await waitForState(daemon, 'says', 'EXITED');
    expect(await daemon.stop()).toBe(0);
    return daemon.logText();
  },
  { needsRoot: true },
);
