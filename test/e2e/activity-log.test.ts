import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Daemon, startDaemon } from '../support/daemons.ts';
import { waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const configuration = '[program:a]\ncommand=/bin/sh -c "echo text; exit 3"\nstartsecs=0\nautorestart=false\n';

const levels = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'blather'] as const;
const words = ['CRIT', 'ERRO', 'WARN', 'INFO', 'DEBG', 'TRAC', 'BLAT'];

describe('the activity log', () => {
  for (const [index, loglevel] of levels.entries()) {
    it(`has the records of ${loglevel} and worse, each on a line of supervisord's form`, async () => {
      await using daemon = await startDaemon({
        implementation: 'ours',
        supervisord: `loglevel=${loglevel}`,
        configuration,
      });
      await waitForState(daemon, 'a', 'EXITED');
      expect(await daemon.stop()).toBe(0);
      const lines = daemon.logText().trimEnd().split('\n');
      // The copy of a child's output is a record of two lines.
      const records = lines.filter((line) => line !== 'text' && !line.startsWith('\t') && line !== '');
      for (const record of records)
        expect(record).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]{4} ./);
      const seen = new Set(records.map((record) => record.split(' ')[2] ?? ''));
      for (const word of seen) expect(words.slice(0, index + 1)).toContain(word);
      expect(seen.has('CRIT')).toBe(true);
      expect(lines.some((line) => line.endsWith('WARN exited: a (exit status 3; not expected)'))).toBe(
        index >= 2,
      );
      expect(lines.some((line) => / INFO spawned: 'a' with pid \d+$/.test(line))).toBe(index >= 3);
      expect(lines.some((line) => line.endsWith(" DEBG 'a' stdout output:"))).toBe(index >= 4);
      expect(lines.some((line) => line.endsWith(' TRAC XML-RPC method called: supervisor.getState()'))).toBe(
        index >= 5,
      );
    });
  }

  it('rotates, and keeps as many backups as are asked for', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      supervisord: 'loglevel=trace\nlogfile_maxbytes=2KB\nlogfile_backups=2',
      configuration: '',
    });
    for (let call = 0; call < 80; call += 1) await daemon.rpc('supervisor.getState');
    await waitFor(() => existsSync(`${daemon.logfile}.2`));
    expect(await daemon.stop()).toBe(0);
    expect(existsSync(`${daemon.logfile}.3`)).toBe(false);
    for (const file of [`${daemon.logfile}.1`, `${daemon.logfile}.2`]) {
      const { size } = statSync(file);
      expect(size).toBeGreaterThanOrEqual(2048);
      expect(size).toBeLessThan(2048 + 300);
    }
    // Nothing is lost between two files.
    const joined =
      readFileSync(`${daemon.logfile}.2`, 'utf8') +
      readFileSync(`${daemon.logfile}.1`, 'utf8') +
      daemon.logText();
    const called = [...joined.matchAll(/method called|returned successfully/g)].map(([match]) => match);
    for (let at = 1; at < called.length; at += 1) expect(called[at]).not.toBe(called[at - 1]);
  });

  it('is /dev/stdout: on stdout twice, or once with silent', async () => {
    for (const [silent, times] of [
      ['false', 2],
      ['true', 1],
    ] as const) {
      await using daemon = new Daemon({
        implementation: 'ours',
        supervisord: `logfile=/dev/stdout\nlogfile_maxbytes=0\nsilent=${silent}`,
        configuration: '',
      });
      await daemon.start();
      expect(await daemon.stop()).toBe(0);
      expect(daemon.output.match(/INFO supervisord started with pid/g)).toHaveLength(times);
      expect(daemon.output.match(/WARN received SIGTERM/g)).toHaveLength(times);
    }
  });

  it('is /dev/stdout with the default maxbytes, or a link to it', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'logfile=/proc/self/fd/1\nsilent=true',
      configuration: '',
    });
    await daemon.start();
    expect(await daemon.stop()).toBe(0);
    expect(daemon.output).toMatch(/INFO supervisord started with pid/);
    expect(daemon.output).not.toMatch(/seek/i);
  });

  it('is /dev/null, and says everything on stdout all the same', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'logfile=/dev/null',
      configuration: '',
    });
    await daemon.start();
    await daemon.rpc('supervisor.clearLog').catch(() => undefined);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(await daemon.stop()).toBe(0);
    expect(daemon.output.match(/INFO supervisord started with pid/g)).toHaveLength(1);
  });

  it('is silent on stdout with silent', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'silent=true',
      configuration: '',
    });
    await daemon.start();
    await waitForLog(daemon, 'supervisord started');
    expect(await daemon.stop()).toBe(0);
    expect(daemon.output).toBe('');
  });

  it('is read and cleared by RPC', async () => {
    await using daemon = await startDaemon({ implementation: 'ours', configuration: '' });
    await waitForLog(daemon, 'supervisord started');
    expect(await daemon.rpc('supervisor.readLog', 0, 0)).toBe(daemon.logText());
    expect(await daemon.rpc('supervisor.clearLog')).toBe(true);
    expect(daemon.logText()).not.toContain('supervisord started');
    expect(existsSync(join(daemon.dir, 'supervisord.log'))).toBe(true);
  });

  it('goes on in the file when the reader of stdout has gone', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      configuration,
      prefix: ['/bin/sh', '-c', 'mkfifo fifo; exec 8<>fifo 9>fifo 8<&-; exec "$@" >&9 9>&-', 'sh'],
    });
    await daemon.start();
    await waitForState(daemon, 'a', 'EXITED');
    expect(await daemon.stop()).toBe(0);
    expect(daemon.logText()).toContain('WARN received SIGTERM indicating exit request\n');
  });

  it('does not wait for a reader of stdout who does not read', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'loglevel=debug\nlogfile_maxbytes=0',
      configuration: `[program:a]\ncommand=${resolve('test/fixtures/programs')}/numbers-lines 60000\nstartsecs=0\nautorestart=false\n`,
      prefix: ['/bin/sh', '-c', 'mkfifo fifo; exec "$@" 1<>fifo', 'sh'],
    });
    await daemon.start();
    await waitForState(daemon, 'a', 'EXITED');
    await waitForLog(daemon, '\n60000\n');
    expect(await daemon.stop()).toBe(0);
  });
});
