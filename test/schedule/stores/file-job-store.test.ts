import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { FileJobStore } from '../../../docs/examples/file-job-store.ts';
import { blocksOf, readPage } from '../../docs/pages.ts';
import { conformsToJobStore } from './conformance.ts';

conformsToJobStore(
  'the store of docs/scheduling-library.md',
  { isPersistent: true, isShared: false, isOneRecord: true },
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'file-job-store-'));
    return {
      newStore: () => new FileJobStore(join(directory, 'jobs')),
      async [Symbol.asyncDispose]() {
        rmSync(directory, { recursive: true });
      },
    };
  },
);

it('the page shows the store as it is', () => {
  const [shown] = blocksOf(readPage('docs/scheduling-library.md')).filter(
    ({ language }) => language === 'ts file-job-store',
  );
  expect(shown?.text).toBe(readFileSync('docs/examples/file-job-store.ts', 'utf8'));
});
