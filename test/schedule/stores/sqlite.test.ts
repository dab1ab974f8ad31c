import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SqliteJobStore } from '../../../schedule/stores/sqlite.ts';
import { conformsToJobStore, type StoredData } from './conformance.ts';

conformsToJobStore('SqliteJobStore', { isPersistent: true, isShared: false, isGrouping: true }, newFile);

function newFile(): StoredData {
  const directory = mkdtempSync(join(tmpdir(), 'job-store-'));
  const path = join(directory, 'schedule.db');
  const edit = (sql: string, ...values: (string | number)[]): void => {
    const database = new DatabaseSync(path);
    database.prepare(sql).run(...values);
    database.close();
  };
  return {
    newStore: () => new SqliteJobStore({ path }),
    spoilJob: (id) => edit(`UPDATE jobs SET spec = replace(spec, 'latest', 'sometimes') WHERE id = ?`, id),
    spoilRun: (id, attempt) => edit(`UPDATE runs SET data = '{' WHERE id = ? AND attempt = ?`, id, attempt),
    async [Symbol.asyncDispose]() {
      rmSync(directory, { recursive: true });
    },
  };
}
