import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { statusView } from '../../../../daemon/http/page/status-view.ts';
import { type TailView, tailView } from '../../../../daemon/http/page/tail-view.ts';
import { type ProcessStateName, processStates } from '../../../../rpc/process-states.ts';
import { fakeRpcContext } from '../../../support/fake-rpc-context.ts';
import { groupSettings } from '../../../support/process-settings.ts';

describe('what the status page shows', () => {
  const given = { message: undefined, warnings: [], token: '' };

  it('is sorted by group, then by process', () => {
    const context = fakeRpcContext([
      groupSettings('web', [{ name: 'web' }], 1),
      groupSettings('Pool', [{ name: 'b' }, { name: 'a' }], 2),
      groupSettings('alone', [{ name: 'alone' }], 3),
    ]);
    const { processes } = statusView(context, given);
    expect(processes.map(({ namespec }) => namespec)).toEqual(['Pool:a', 'Pool:b', 'alone', 'web']);
  });

  const expected: { readonly [S in ProcessStateName]: readonly string[] } = {
    STOPPED: ['start', 'clearlog'],
    STARTING: ['clearlog'],
    RUNNING: ['restart', 'stop', 'clearlog'],
    BACKOFF: ['clearlog'],
    STOPPING: ['clearlog'],
    EXITED: ['start', 'clearlog'],
    FATAL: ['start', 'clearlog'],
    UNKNOWN: ['clearlog'],
  };
  for (const state of Object.keys(processStates) as ProcessStateName[]) {
    it(`offers ${expected[state].join(', ')} in ${state}, and nothing while the daemon ends`, () => {
      const context = fakeRpcContext([groupSettings('web', [{ name: 'web' }])]);
      context.supervisor.process('web').state = state;
      const row = { namespec: 'web', state, description: 'about web' };
      expect(statusView(context, given).processes).toEqual([{ ...row, actions: expected[state] }]);
      context.supervisor.state = 'RESTARTING';
      expect(statusView(context, given)).toMatchObject({
        daemonState: 'RESTARTING',
        processes: [{ ...row, actions: [] }],
      });
    });
  }
});

describe('what the page with the end of a log shows', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'tail-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function tail(
    content: string | Buffer,
    asked: Partial<Pick<TailView, 'channel'>> & { namespec?: string | undefined; limit?: string } = {},
  ): Promise<TailView> {
    const log = join(directory, 'log');
    writeFileSync(log, content);
    const context = fakeRpcContext([groupSettings('web', [{ name: 'web' }])]);
    context.supervisor.process('web').logfiles = { stdout: log, stderr: join(directory, 'missing') };
    return tailView(context, { namespec: 'web', channel: 'stdout', limit: undefined, ...asked });
  }

  const limits: readonly [string | undefined, number][] = [
    [undefined, 1024],
    ['5', 1024],
    ['1025', 1025],
    ['-2000', 1024],
    ['2e3', 1024],
    ['1048576', 1048576],
    ['9'.repeat(400), 1048576],
  ];
  for (const [limit, bytes] of limits) {
    it(`is ${bytes} bytes for limit ${limit?.slice(0, 10)}`, async () => {
      const view = await tail('x'.repeat(1048580), limit === undefined ? {} : { limit });
      expect(view.limit).toBe(bytes);
      expect(view.text).toHaveLength(bytes);
    });
  }

  it('is text without what is meant for a terminal', async () => {
    expect((await tail('\x1b[1;31mred\x1b[0m \x1b]0;title\x07done\r\n\x1bc\x1b[')).text).toBe(
      'red done\n\x1bc\x1b[',
    );
  });

  it('has U+FFFD for what is no UTF-8', async () => {
    expect((await tail(Buffer.from('a\xffb', 'latin1'))).text).toBe('a\ufffdb');
  });

  it('is why there is none', async () => {
    expect((await tail('', { namespec: undefined })).text).toBe('No process name found');
    expect((await tail('', { channel: 'stderr' })).text).toBe('No file for web');
    expect((await tail('', { namespec: 'nosuch' })).text).toBe(
      'ERROR: unexpected rpc fault [10] BAD_NAME: nosuch',
    );
    expect((await tail('', { namespec: 'web:*' })).text).toBe(
      'ERROR: unexpected rpc fault [10] BAD_NAME: web:*',
    );
  });
});
