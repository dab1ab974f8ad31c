import { describe, expect, it } from '@jest/globals';
import { commands } from '../../../ctl/commands.ts';
import { type FaultName, faults } from '../../../rpc/faults.ts';
import { info, result, testCases } from '../command-case.ts';
import { Fault } from '../fake-server.ts';

async function helpOf(name: string): Promise<string> {
  const command = await commands.get(name)?.();
  return (command?.help ?? []).map((line) => `${line}\n`).join('');
}

interface Outcome {
  readonly text: string;
  readonly status: number;
}

const unknownResult = (name: FaultName): Outcome => ({
  text: `error: Unknown result code ${faults[name]} for web`,
  status: 1,
});

/** How each fault of each method is told, and the exit status it gives. */
const faultTables = {
  start: {
    method: 'supervisor.startProcess',
    line: 'start web',
    outcomes: {
      BAD_NAME: { text: 'web: ERROR (no such process)', status: 1 },
      NO_FILE: { text: 'web: ERROR (no such file)', status: 1 },
      NOT_EXECUTABLE: { text: 'web: ERROR (file is not executable)', status: 1 },
      ALREADY_STARTED: { text: 'web: ERROR (already started)', status: 0 },
      SPAWN_ERROR: { text: 'web: ERROR (spawn error)', status: 7 },
      ABNORMAL_TERMINATION: { text: 'web: ERROR (abnormal termination)', status: 7 },
      FAILED: unknownResult('FAILED'),
      SHUTDOWN_STATE: unknownResult('SHUTDOWN_STATE'),
    },
  },
  stop: {
    method: 'supervisor.stopProcess',
    line: 'stop web',
    outcomes: {
      BAD_NAME: { text: 'web: ERROR (no such process)', status: 1 },
      NOT_RUNNING: { text: 'web: ERROR (not running)', status: 0 },
      FAILED: { text: 'FAILED: cannot kill', status: 1 },
      SHUTDOWN_STATE: unknownResult('SHUTDOWN_STATE'),
    },
  },
  signal: {
    method: 'supervisor.signalProcess',
    line: 'signal HUP web',
    outcomes: {
      BAD_NAME: { text: 'web: ERROR (no such process)', status: 1 },
      BAD_SIGNAL: { text: 'web: ERROR (bad signal name)', status: 1 },
      NOT_RUNNING: { text: 'web: ERROR (not running)', status: 7 },
      FAILED: { text: 'FAILED: cannot kill', status: 1 },
      SHUTDOWN_STATE: unknownResult('SHUTDOWN_STATE'),
    },
  },
  clear: {
    method: 'supervisor.clearProcessLogs',
    line: 'clear web',
    outcomes: {
      BAD_NAME: { text: 'web: ERROR (no such process)', status: 1 },
      FAILED: { text: 'web: ERROR (failed)', status: 1 },
      SHUTDOWN_STATE: unknownResult('SHUTDOWN_STATE'),
    },
  },
} satisfies Record<
  string,
  { method: string; line: string; outcomes: { readonly [Name in FaultName]?: Outcome } }
>;

for (const [command, { method, line, outcomes }] of Object.entries(faultTables)) {
  describe(`${command}, when the server answers a fault`, () => {
    testCases(
      Object.entries(outcomes).map(([name, { text, status }]) => ({
        it: `tells ${name} and exits with ${status}`,
        line,
        answers: { [method]: new Fault(name as FaultName, 'cannot kill') },
        stdout: `${text}\n`,
        exitStatus: status,
      })),
    );
  });
}

describe('start', () => {
  testCases([
    {
      it: 'starts names one after the other',
      line: 'start web g:a',
      answers: { 'supervisor.startProcess': true },
      stdout: 'web: started\ng:a: started\n',
      calls: ['supervisor.startProcess(web)', 'supervisor.startProcess(g:a)'],
    },
    {
      it: 'prints the members of a group as they complete',
      line: 'start g:*',
      answers: {
        'supervisor.startProcessGroup': [
          result('g', 'b'),
          result('g', 'a', faults.SPAWN_ERROR, 'SPAWN_ERROR: a'),
        ],
      },
      stdout: 'g:b: started\ng:a: ERROR (spawn error)\n',
      exitStatus: 7,
      calls: ['supervisor.startProcessGroup(g)'],
    },
    {
      it: 'prints nothing for a group that runs already',
      line: 'start g:',
      answers: { 'supervisor.startProcessGroup': [] },
      stdout: '',
    },
    {
      it: 'exits with 2 for an unknown group',
      line: 'start x:*',
      answers: { 'supervisor.startProcessGroup': new Fault('BAD_NAME', 'x') },
      stdout: 'x: ERROR (no such group)\n',
      exitStatus: 2,
    },
    {
      it: 'takes the word all, wherever it is, for everything',
      line: 'start nosuch all',
      answers: { 'supervisor.startAllProcesses': [result('web', 'web'), result('g', 'a')] },
      stdout: 'web: started\ng:a: started\n',
      calls: ['supervisor.startAllProcesses()'],
    },
    {
      it: 'exits with the status of the last failure, which a later success does not take back',
      line: 'start a b c',
      answers: {
        'supervisor.startProcess': true,
        'supervisor.startProcess(a)': new Fault('SPAWN_ERROR', 'a'),
        'supervisor.startProcess(b)': new Fault('BAD_NAME', 'b'),
      },
      stdout: 'a: ERROR (spawn error)\nb: ERROR (no such process)\nc: started\n',
      exitStatus: 1,
    },
    {
      it: 'leaves later names alone after a result that it has no words for',
      line: 'start a b',
      answers: { 'supervisor.startProcess': new Fault('FAILED', 'a') },
      stdout: 'error: Unknown result code 30 for a\n',
      exitStatus: 1,
      calls: ['supervisor.startProcess(a)'],
    },
  ]);
});

describe('clear', () => {
  testCases([
    {
      it: 'clears each process of a group',
      line: 'clear g:*',
      answers: {
        'supervisor.getAllProcessInfo': [info('g', 'a'), info('g', 'b'), info('other', 'other')],
        'supervisor.clearProcessLogs': true,
        'supervisor.clearProcessLogs(g:b)': new Fault('FAILED', 'g:b'),
      },
      stdout: 'g:a: cleared\ng:b: ERROR (failed)\n',
      exitStatus: 1,
    },
    {
      it: 'tells that there is no such group',
      line: 'clear x:',
      answers: { 'supervisor.getAllProcessInfo': [info('g', 'a')] },
      stdout: 'x: ERROR (no such group)\n',
      exitStatus: 1,
    },
    {
      it: 'clears everything',
      line: 'clear all',
      answers: {
        'supervisor.clearAllProcessLogs': [result('g', 'a'), result('g', 'b', faults.FAILED, 'FAILED')],
      },
      stdout: 'g:a: cleared\ng:b: ERROR (failed)\n',
      exitStatus: 1,
    },
  ]);
});

describe('restart', () => {
  testCases([
    {
      it: 'stops all names, then starts them',
      line: 'restart a b',
      answers: {
        'supervisor.stopProcess': true,
        'supervisor.stopProcess(b)': new Fault('NOT_RUNNING', 'b'),
        'supervisor.startProcess': true,
      },
      stdout: 'a: stopped\nb: ERROR (not running)\na: started\nb: started\n',
    },
    {
      it: 'says twice that a name is unknown',
      line: 'restart x',
      answers: {
        'supervisor.stopProcess': new Fault('BAD_NAME', 'x'),
        'supervisor.startProcess': new Fault('BAD_NAME', 'x'),
      },
      stdout: 'x: ERROR (no such process)\nx: ERROR (no such process)\n',
      exitStatus: 1,
    },
  ]);
});

describe('without names', () => {
  for (const [line, text, exitStatus] of [
    ['start', 'Error: start requires a process name', 2],
    ['stop', 'Error: stop requires a process name', 1],
    ['restart', 'Error: restart requires a process name', 1],
    ['clear', 'Error: clear requires a process name', 1],
    ['signal HUP', 'Error: signal requires a signal name and a process name', 1],
  ] as const) {
    it(`${line} explains itself and exits with ${exitStatus}`, async () => {
      const { runCommand } = await import('../run-command.ts');
      const { startFakeServer } = await import('../fake-server.ts');
      await using server = await startFakeServer();
      const printed = await runCommand(line, { serverurl: server.serverurl });
      const help = await helpOf(line.split(' ')[0] ?? '');
      expect(printed).toEqual({ stdout: `${text}\n${help}`, stderr: '', exitStatus });
    });
  }
});
