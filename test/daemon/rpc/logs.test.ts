import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callMethod } from '../../../daemon/rpc/call.ts';
import { readLogFile, tailLogFile } from '../../../daemon/rpc/read-log.ts';
import { methodTable } from '../../../daemon/rpc/table.ts';
import { RpcFault } from '../../../rpc/faults.ts';
import { encodeResponse, type XmlRpcValue } from '../../../rpc/xmlrpc.ts';
import { type FakeRpcContext, fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { groupSettings } from '../../support/process-settings.ts';

let directory: string;
let digits: string;
const groups = [groupSettings('web', [{ name: 'web' }]), groupSettings('pool', [{ name: 'a' }], 5)];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'read-log-'));
  digits = join(directory, 'digits.log');
  writeFileSync(digits, '0123456789');
});
afterAll(() => rmSync(directory, { recursive: true }));

async function answer(context: FakeRpcContext, name: string, ...params: XmlRpcValue[]): Promise<unknown> {
  const methods = methodTable(context.namespaces);
  try {
    return await callMethod({ ...context, methods }, `supervisor.${name}`, params);
  } catch (error) {
    if (error instanceof RpcFault) return `fault ${error.code} ${error.message}`;
    throw error;
  }
}

/** A context whose process `web` logs to those files. */
function logging(stdout: string | undefined, stderr?: string): FakeRpcContext {
  const context = fakeRpcContext(groups);
  context.supervisor.process('web').logfiles = { stdout, stderr };
  return context;
}

describe('reading a log of 0123456789', () => {
  const cases: readonly [offset: number, length: number, result: string][] = [
    [0, 0, '0123456789'],
    [4, 0, '456789'],
    [0, 4, '0123'],
    [4, 2, '45'],
    [8, 10, '89'],
    [0, -1, 'BAD_ARGUMENTS'],
    [3, -1, 'BAD_ARGUMENTS'],
    [-4, 0, '6789'],
    [-20, 0, '0123456789'],
    [-4, 2, 'BAD_ARGUMENTS'],
    [-4, -1, 'BAD_ARGUMENTS'],
    [10, 0, ''],
    [11, 5, ''],
    [1e15, 5, ''],
  ];
  for (const [offset, length, result] of cases) {
    it(`from ${offset}, length ${length}, gives "${result}"`, async () => {
      const text = await readLogFile(digits, offset, length).catch((error: Error) => error.message);
      expect(text).toBe(result);
    });
  }
});

describe('tailing a log of 0123456789', () => {
  const cases: readonly [offset: number, length: number, text: string, overflow: boolean][] = [
    [0, 10, '0123456789', false],
    [0, 20, '0123456789', false],
    [0, 5, '56789', true],
    [5, 2, '89', true],
    [5, 5, '56789', false],
    [5, 10, '0123456789', false],
    [2, 8, '23456789', false],
    [0, 0, '', true],
    [10, 5, '', false],
    [11, 0, '', false],
    [20, 5, '', false],
    [-5, 5, '56789', true],
    [0, -5, '', true],
  ];
  for (const [offset, length, text, overflow] of cases) {
    it(`from ${offset}, length ${length}, gives "${text}"${overflow ? ' and overflow' : ''}`, async () => {
      expect(await tailLogFile(digits, offset, length)).toEqual([text, 10, overflow]);
    });
  }

  it('gives nothing for a file that cannot be read', async () => {
    expect(await tailLogFile(join(directory, 'nosuch'), 7, 5)).toEqual(['', 0, false]);
    expect(await tailLogFile(directory, 7, 5)).toEqual(['', 7, false]);
    expect(await tailLogFile(undefined, 7, 5)).toEqual(['', 0, false]);
  });
});

describe('a log of which one answer cannot hold all', () => {
  const mebibyte = 1024 * 1024;
  let large: string;
  beforeAll(() => {
    large = join(directory, 'large.log');
    writeFileSync(large, '');
    truncateSync(large, 65 * mebibyte);
  });

  it('is not read at once, but in parts', async () => {
    const context = logging(large);
    const fault = `fault 30 FAILED: ${large}: ${65 * mebibyte} bytes are more than the ${64 * mebibyte} of an answer`;
    expect(await answer(context, 'readProcessStdoutLog', 'web', 0, 0)).toBe(fault);
    expect(await answer(context, 'readProcessStdoutLog', 'web', -70 * mebibyte, 0)).toBe(fault);
    expect(await answer(context, 'readProcessStdoutLog', 'web', 0, 2 ** 31 - 1)).toBe(fault);
    expect(await answer(context, 'readProcessStdoutLog', 'web', 0, 64 * mebibyte)).toHaveLength(
      64 * mebibyte,
    );
    expect(await answer(context, 'readProcessStdoutLog', 'web', 64 * mebibyte, 0)).toHaveLength(mebibyte);
  });

  it('is tailed from where an answer holds the rest', async () => {
    const [text, size, overflow] = await tailLogFile(large, 0, 2 ** 31 - 1);
    expect([text.length, size, overflow]).toEqual([64 * mebibyte, 65 * mebibyte, true]);
  });
});

describe('the log methods', () => {
  it('read what the names say, under old names too', async () => {
    const other = join(directory, 'stderr.log');
    writeFileSync(other, 'errors');
    const context = logging(digits, other);
    expect(await answer(context, 'readProcessStdoutLog', 'web', 0, 2)).toBe('01');
    expect(await answer(context, 'readProcessLog', 'web:web', '-2', '0')).toBe('89');
    expect(await answer(context, 'readProcessStderrLog', 'web', 0, 0)).toBe('errors');
    expect(await answer(context, 'tailProcessStdoutLog', 'web', 0, 2)).toEqual(['89', 10, true]);
    expect(await answer(context, 'tailProcessLog', 'web', 0, 2)).toEqual(['89', 10, true]);
    expect(await answer(context, 'tailProcessStderrLog', 'web', 0, 6)).toEqual(['errors', 6, false]);
  });

  it('answer faults for bad numbers, no log, no file, and what is no file', async () => {
    const context = logging(digits);
    expect(await answer(context, 'readProcessLog', 'web', 'x', 0)).toBe('fault 3 BAD_ARGUMENTS');
    expect(await answer(context, 'readProcessLog', 'web', [], 0)).toBe('fault 2 INCORRECT_PARAMETERS');
    expect(await answer(context, 'readProcessLog', 'web', 0, -1)).toBe('fault 3 BAD_ARGUMENTS');
    expect(await answer(context, 'readProcessStderrLog', 'web', 0, 0)).toBe('fault 20 NO_FILE');
    expect(await answer(context, 'tailProcessStderrLog', 'web', 5, 5)).toEqual(['', 0, false]);
    expect(await answer(logging('/nosuch/x'), 'readProcessLog', 'web', 0, 0)).toBe(
      'fault 20 NO_FILE: /nosuch/x',
    );
    expect(await answer(logging('/dev/null'), 'readProcessLog', 'web', 0, 0)).toBe('fault 30 FAILED');
    expect(await answer(logging(directory), 'readProcessLog', 'web', 0, 0)).toBe('fault 30 FAILED');
  });

  it('read any bytes at any offset, as text that XML can hold', async () => {
    const path = join(directory, 'bytes.log');
    writeFileSync(path, Buffer.concat([Buffer.from('grüße\x1b[0m\r\n'), Buffer.from([0xff, 0, 0xc3])]));
    const context = logging(path);
    for (let offset = 0; offset < 18; offset += 1) {
      const text = await answer(context, 'readProcessLog', 'web', offset, 3);
      expect(typeof text).toBe('string');
      encodeResponse(String(text));
      await answer(context, 'tailProcessLog', 'web', 0, offset);
    }
    expect(await answer(context, 'readProcessLog', 'web', 3, 2)).toBe('\ufffd\ufffd');
  });

  it('clear the logs of one process, or of all, telling which failed', async () => {
    const context = fakeRpcContext(groups);
    const web = context.supervisor.process('web');
    expect(await answer(context, 'clearProcessLogs', 'web')).toBe(true);
    expect(await answer(context, 'clearProcessLog', 'web')).toBe(true);
    expect(web.cleared).toBe(2);
    context.supervisor.process('a', 'pool').clearError = new Error('EACCES');
    expect(await answer(context, 'clearProcessLog', 'pool:a')).toBe('fault 30 FAILED: pool:a');
    expect(await answer(context, 'clearAllProcessLogs')).toEqual([
      { name: 'a', group: 'pool', status: 30, description: 'FAILED: pool:a' },
      { name: 'web', group: 'web', status: 80, description: 'OK' },
    ]);
  });

  it('read and clear the activity log', async () => {
    const asked: string[] = [];
    const withLog = (path: string | undefined, clear: () => void): FakeRpcContext =>
      fakeRpcContext([], {
        activityLog: {
          path,
          clear,
          flush: async () => {
            asked.push('flush');
          },
        },
      });
    const context = withLog(digits, () => asked.push('clear'));
    expect(await answer(context, 'readLog', 2, 3)).toBe('234');
    expect(await answer(context, 'readMainLog', -1, 0)).toBe('9');
    expect(await answer(context, 'clearLog')).toBe(true);
    expect(asked).toEqual(['flush', 'flush', 'clear']);
    expect(await answer(context, 'readLog', -1, 1)).toBe('fault 3 BAD_ARGUMENTS');
    expect(
      await answer(
        withLog('/nosuch/x', () => {}),
        'readLog',
        0,
        0,
      ),
    ).toBe('fault 20 NO_FILE: /nosuch/x');
    expect(
      await answer(
        withLog('/nosuch/x', () => {}),
        'clearLog',
      ),
    ).toBe('fault 20 NO_FILE');
    expect(
      await answer(
        withLog(undefined, () => {}),
        'clearLog',
      ),
    ).toBe('fault 20 NO_FILE');
    const failing = withLog(digits, () => {
      throw new Error('EACCES');
    });
    expect(await answer(failing, 'clearLog')).toBe('fault 30 FAILED');
  });
});
