import { expect, it } from '@jest/globals';
import { type Answer, startFakeServer } from './fake-server.ts';
import { type RunOptions, runCommand } from './run-command.ts';

export interface CommandCase extends Omit<RunOptions, 'serverurl'> {
  readonly it: string;
  readonly line: string;
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly stdout: string;
  readonly stderr?: string;
  readonly exitStatus?: number;
  /** Calls that are expected beside the upcheck. */
  readonly calls?: readonly string[];
}

/** Runs each line against a server of its own and compares all that can be seen. */
export function testCases(cases: readonly CommandCase[]): void {
  for (const {
    it: behaviour,
    line,
    answers,
    stdout,
    stderr = '',
    exitStatus = 0,
    calls,
    ...options
  } of cases) {
    it(behaviour, async () => {
      await using server = await startFakeServer(answers === undefined ? {} : { answers });
      const printed = await runCommand(line, { ...options, serverurl: server.serverurl });
      expect(printed).toEqual({ stdout: stdout.replaceAll('<url>', server.serverurl), stderr, exitStatus });
      if (calls) expect(server.calls.filter((call) => call !== 'supervisor.getVersion()')).toEqual(calls);
    });
  }
}

/** What `getProcessInfo` answers. */
export function info(
  group: string,
  name: string,
  { state = 20, statename = 'RUNNING', description = 'pid 7, uptime 0:00:01', pid = 7 } = {},
) {
  return {
    name,
    group,
    start: 0,
    stop: 0,
    now: 1,
    state,
    statename,
    spawnerr: '',
    exitstatus: 0,
    pid,
    description,
  };
}

export const stopped = { state: 0, statename: 'STOPPED', description: 'Not started', pid: 0 };

/** One entry of the answers about many processes. */
export function result(group: string, name: string, status = 80, description = 'OK') {
  return { name, group, status, description };
}
