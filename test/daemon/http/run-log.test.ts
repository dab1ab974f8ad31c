import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type RunLogPage, ScheduleError } from '../../../daemon/schedule/control.ts';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { FakeScheduler, job, run, runUnderWay } from '../../support/fake-scheduler.ts';
import { TestServer } from '../../support/http-servers.ts';
import type { RawConnection } from '../../support/raw-connection.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A run whose log is a file; what was rotated away comes before it. */
class LoggingScheduler extends FakeScheduler {
  readonly file: string;
  rotated = '';
  /** The files that grow, if not that one. */
  growing: readonly string[] | undefined;

  constructor(file: string) {
    super(job('nightly'));
    this.file = file;
  }

  override async readRunLog(...question: Parameters<FakeScheduler['readRunLog']>): Promise<RunLogPage> {
    const [id, channel, { attempt = 1 }] = question;
    const asked = this.runs.find((found) => found.id === id && found.attempt === attempt);
    if (asked !== undefined && asked.started === undefined)
      throw new ScheduleError('no-log', 'It was never started');
    const current = this.runs.findLast((found) => found.id === id)?.attempt === attempt;
    if (current) {
      const isComplete = this.runs.at(-1)?.ended !== undefined;
      const bytes = Buffer.from(this.rotated + readFileSync(this.file, 'utf8'));
      this.logs.set(`${id} ${attempt} ${channel}`, {
        bytes,
        isComplete,
        growing: this.growing ?? (isComplete ? [] : [this.file]),
      });
    }
    return super.readRunLog(...question);
  }
}

let directory: string;
let scheduler: LoggingScheduler;
let server: TestServer;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'run-log-'));
  scheduler = new LoggingScheduler(join(directory, 'nightly.log'));
  writeFileSync(scheduler.file, 'begin\n');
  scheduler.runs = [runUnderWay('r1')];
  server = await TestServer.open(fakeRpcContext([], { schedules: scheduler }));
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Over HTTP/1.0, where the body is nothing but the log. */
async function get(url: string): Promise<RawConnection> {
  const connection = await server.send(`GET ${url} HTTP/1.0\r\n\r\n`);
  await connection.until('\r\n\r\n');
  return connection;
}

async function whole(connection: RawConnection): Promise<string> {
  const text = await connection.untilClosed();
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

describe('the log of a run', () => {
  it('is what the run has written so far, as text that no browser takes for anything else', async () => {
    const connection = await get('/runlog/r1/stdout');
    expect(await whole(connection)).toBe('begin\n');
    expect(connection.received).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
    expect(connection.received).toContain('\r\nContent-Type: text/plain;charset=utf-8\r\n');
    expect(connection.received).toContain('\r\nX-Content-Type-Options: nosniff\r\n');
    expect(await whole(await get('/runlog/r1?offset=2'))).toBe('gin\n');
    expect(await whole(await get('/runlog/r1?offset=200'))).toBe('');
  });

  it('is not found if there is no such run, attempt, log or place in it', async () => {
    scheduler.logs.clear();
    for (const url of [
      '/runlog/r9/stdout',
      '/runlog/r1/stdin',
      '/runlog/r1/stdout/x',
      '/runlog/r1?offset=-1',
      '/runlog/r1?offset=x',
      '/runlog/r1?attempt=7',
      '/runlog',
      '/runlogtail',
    ]) {
      expect((await get(url)).received).toMatch(/^HTTP\/1\.[01] 404 /);
    }
  });
});

describe('the log of a run as it grows', () => {
  it('goes on until the run has ended', async () => {
    const connection = await get('/runlogtail/r1/stdout');
    await connection.until('begin\n');
    appendFileSync(scheduler.file, 'middle\n');
    await connection.until('middle\n');
    appendFileSync(scheduler.file, 'end\n');
    scheduler.end(run('r1'));
    expect(await whole(connection)).toBe('begin\nmiddle\nend\n');
  });

  it('goes on through rotation', async () => {
    const connection = await get('/runlogtail/r1/stdout');
    await connection.until('begin\n');
    for (const line of ['second\n', 'third\n']) {
      scheduler.rotated += readFileSync(scheduler.file, 'utf8');
      renameSync(scheduler.file, `${scheduler.file}.1`);
      writeFileSync(scheduler.file, line);
      await connection.until(line);
      appendFileSync(scheduler.file, `more of ${line}`);
      await connection.until(`more of ${line}`);
    }
    scheduler.end(run('r1'));
    expect(await whole(connection)).toBe('begin\nsecond\nmore of second\nthird\nmore of third\n');
  });

  it('says that it was emptied, and goes on', async () => {
    const connection = await get('/runlogtail/r1');
    await connection.until('begin\n');
    writeFileSync(scheduler.file, 'new\n');
    await connection.until('==> File truncated <==\nnew\n');
  });

  it('waits for an attempt that is to be tried later', async () => {
    const connection = await get('/runlogtail/r1');
    await connection.until('begin\n');
    const failed = run('r1', { state: 'FAILED' });
    scheduler.logs.set('r1 1 stdout', { bytes: Buffer.from('begin\n'), isComplete: true, growing: [] });
    scheduler.runs = [failed, runUnderWay('r1', { attempt: 2, state: 'CLAIMED', started: undefined })];
    const looks = () => scheduler.asked.filter((question) => question === 'getRun r1').length;
    const before = looks();
    writeFileSync(scheduler.file, 'second\n');
    await waitFor(() => looks() > before, { what: 'the server to look for another attempt' });
    scheduler.runs = [failed, runUnderWay('r1', { attempt: 2 })];
    appendFileSync(scheduler.file, 'more\n');
    await connection.until('begin\nsecond\nmore\n');
    scheduler.end(run('r1', { attempt: 2 }));
    expect(await whole(connection)).toBe('begin\nsecond\nmore\n');
  });

  it('of several processes comes when all have ended', async () => {
    scheduler.growing = [scheduler.file, join(directory, 'other.log')];
    const connection = await get('/runlogtail/r1');
    await waitFor(() => scheduler.asked.includes('waitForRun r1'), { what: 'the server to follow' });
    appendFileSync(scheduler.file, 'end\n');
    scheduler.growing = undefined;
    scheduler.end(run('r1'));
    expect(await whole(connection)).toBe('begin\nend\n');
  });

  it('goes on with the next attempt, and without what the client has had', async () => {
    scheduler.logs.set('r1 1 stdout', { bytes: Buffer.from('first\n'), isComplete: true, growing: [] });
    scheduler.runs = [run('r1', { state: 'FAILED' }), runUnderWay('r1', { attempt: 2 })];
    const all = await get('/runlogtail/r1?attempt=1');
    await all.until('begin\n');
    const rest = await get('/runlogtail/r1?attempt=1&offset=8');
    await rest.until('gin\n');
    scheduler.end(run('r1', { attempt: 2 }));
    expect(await whole(all)).toBe('first\nbegin\n');
    expect(await whole(rest)).toBe('gin\n');
  });

  it('of a run that has ended ends at once', async () => {
    scheduler.end(run('r1'));
    expect(await whole(await get('/runlogtail/r1'))).toBe('begin\n');
  });

  it('ends when the daemon leaves, for the next one to go on', async () => {
    const connection = await get('/runlogtail/r1');
    await connection.until('begin\n');
    scheduler.leave();
    expect(await whole(connection)).toBe('begin\n');
  });
});
