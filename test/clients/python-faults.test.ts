/** Faults, as programs in Python see them. */
import { expect, it } from '@jest/globals';
import { program, programSection } from '../differential/steps/programs.ts';
import { startDaemon } from '../support/daemons.ts';
import { stdoutOf } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeEachDaemon } from './each-daemon.ts';
import { type Call, callMethods } from './python-programs.ts';

describeEachDaemon('faults as Python sees them', (implementation) => {
  const notStarted = (name: string, ...lines: readonly string[]) =>
    programSection(name, ...lines, 'autostart=false');
  const configuration = [
    programSection('up', `command=${program('ignores-term')}`, 'startsecs=0', 'stopwaitsecs=2'),
    notStarted('down', 'command=/bin/cat'),
    notStarted('absent', 'command=/no/such/command'),
    notStarted('not-executable', `command=${program('is-not-executable')}`),
    notStarted('too-quick', `command=${program('exits-with-status')} 3`, 'startsecs=1', 'startretries=0'),
  ].join('');

  const cases: readonly { readonly call: Call; readonly fault: number; readonly text: string }[] = [
    { call: ['supervisor.noSuchMethod'], fault: 1, text: 'UNKNOWN_METHOD' },
    { call: ['supervisor.getPID', 'too many'], fault: 2, text: 'INCORRECT_PARAMETERS' },
    { call: ['supervisor.readLog', 0, -1], fault: 3, text: 'BAD_ARGUMENTS' },
    { call: ['system.methodHelp', 'no.such'], fault: 4, text: 'SIGNATURE_UNSUPPORTED' },
    { call: ['supervisor.getProcessInfo', 'nosuch'], fault: 10, text: 'BAD_NAME: nosuch' },
    { call: ['supervisor.signalProcess', 'up', 'NOSUCH'], fault: 11, text: 'BAD_SIGNAL: NOSUCH' },
    {
      call: ['supervisor.startProcess', 'absent'],
      fault: 20,
      text: "NO_FILE: can't find command '/no/such/command'",
    },
    {
      call: ['supervisor.startProcess', 'not-executable'],
      fault: 21,
      text: `NOT_EXECUTABLE: command at '${program('is-not-executable')}' is not executable`,
    },
    { call: ['supervisor.startProcess', 'too-quick'], fault: 50, text: 'SPAWN_ERROR: too-quick' },
    { call: ['supervisor.startProcess', 'up'], fault: 60, text: 'ALREADY_STARTED: up' },
    { call: ['supervisor.stopProcess', 'down'], fault: 70, text: 'NOT_RUNNING: down' },
    { call: ['supervisor.addProcessGroup', 'up'], fault: 90, text: 'ALREADY_ADDED: up' },
    { call: ['supervisor.removeProcessGroup', 'up'], fault: 91, text: 'STILL_RUNNING: up' },
  ];

  it('have the codes and texts that programs look for', async () => {
    await using daemon = await startDaemon({ implementation, configuration });
    await waitFor(async () => (await stdoutOf(daemon, 'up')) !== '', { what: 'up to ignore SIGTERM' });
    const client = ['supervisor', `unix://${daemon.socket}`];
    const outcomes = await callMethods(
      client,
      cases.map(({ call }) => call),
    );
    expect(outcomes).toEqual(cases.map(({ fault, text }) => ({ fault, text })));

    daemon.configure('[program:without-command]\n');
    expect(
      await callMethods(client, [
        ['supervisor.reloadConfig'],
        ['supervisor.shutdown'],
        ['supervisor.getState'],
      ]),
    ).toMatchObject([
      { fault: 92, text: expect.stringMatching(/^CANT_REREAD: /) },
      { value: true },
      { fault: 6, text: 'SHUTDOWN_STATE' },
    ]);
  });
});
