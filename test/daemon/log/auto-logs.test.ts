import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { clearAutoLogs, createAutoLog } from '../../../daemon/log/auto-logs.ts';

let childlogdir: string;
const lines: string[] = [];
const log = (level: string, text: string) => lines.push(`${level} ${text}`);
beforeEach(() => {
  childlogdir = mkdtempSync(join(tmpdir(), 'supervisord-auto-'));
  lines.length = 0;
});
afterEach(() => rmSync(childlogdir, { recursive: true, force: true }));

it('deletes the logs of this identifier, backups included, and no other file', () => {
  const kept = [
    'web-stdout---other-abcdefgh.log',
    'notes.log',
    '---a.b-abcdefgh.log',
    'x---aXb-abcdefgh.log',
    'x---a.b-q.log.12345',
    'x---a.b-q.txt',
  ];
  const deleted = [
    'web-stdout---a.b-abcdefgh.log',
    'web-stderr---a.b-abc_0123.log.1',
    'x---y-stdout---a.b-q.log.9999',
  ];
  for (const name of [...kept, ...deleted]) writeFileSync(join(childlogdir, name), '');
  createAutoLog({ childlogdir, identifier: 'a.b', process: 'web', channel: 'stdout' });
  clearAutoLogs({ kept: new Set(), childlogdir, identifier: 'a.b', log });
  expect(readdirSync(childlogdir).toSorted()).toEqual(kept.toSorted());
  expect(lines).toEqual([]);
});

it('warns of what it cannot delete, and of a directory it cannot read', () => {
  const path = join(childlogdir, 'x---i-q.log');
  mkdirSync(path);
  clearAutoLogs({ kept: new Set(), childlogdir, identifier: 'i', log });
  clearAutoLogs({ kept: new Set(), childlogdir: '/no/such', identifier: 'i', log });
  expect(lines).toEqual([`warn Failed to clean up '${path}'`, 'warn Could not clear childlog dir']);
});
