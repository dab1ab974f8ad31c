import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { execa } from 'execa';
import { describeWithFiles } from '../support/peer.ts';

const analyze = { file: '/usr/bin/systemd-analyze', package: 'systemd' };

describeWithFiles('the unit of systemd', () => {
  it('means something to systemd, line by line', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'systemd-'));
    try {
      const unit = join(dir, 'supervisord.service');
      const text = readFileSync('conf/systemd/supervisord.service', 'utf8');
      writeFileSync(unit, text.replaceAll('/usr/local/bin', resolve('bin')));
      const { all, exitCode } = await execa(analyze.file, ['verify', unit], { all: true, reject: false });
      expect(all.split('\n').filter((line) => line.includes('supervisord.service'))).toEqual([]);
      expect(exitCode).toBe(0);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
}, [analyze]);
