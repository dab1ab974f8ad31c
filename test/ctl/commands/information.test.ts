import { describe, expect, it } from '@jest/globals';
import { info, stopped, testCases } from '../command-case.ts';
import { Fault, startFakeServer } from '../fake-server.ts';
import { runCommand } from '../run-command.ts';

const backoff = { state: 30, statename: 'BACKOFF', description: 'Exited too quickly', pid: 0 };
const processes = [info('g', 'a'), info('g', 'b', stopped), info('web', 'web'), info('z', 'z', backoff)];
const answers = { 'supervisor.getAllProcessInfo': processes };

const lineOf = {
  a: 'g:a                              RUNNING   pid 7, uptime 0:00:01\n',
  b: 'g:b                              STOPPED   Not started\n',
  web: 'web                              RUNNING   pid 7, uptime 0:00:01\n',
  z: 'z                                BACKOFF   Exited too quickly\n',
};

describe('warnings of the server', () => {
  const warned = { ...answers, 'monitor.getWarnings': ['asks for no password', 'can be changed'] };
  const told = 'warning: asks for no password\nwarning: can be changed\n';
  const shown = { stdout: lineOf.web, calls: ['monitor.getWarnings()', 'supervisor.getAllProcessInfo()'] };
  testCases([
    {
      it: 'are told by status where somebody watches stderr',
      line: 'status web',
      answers: warned,
      watchesStderr: true,
      stderr: told,
      ...shown,
    },
    {
      it: 'leave JSON as it is',
      line: 'status --json nosuch',
      answers: warned,
      watchesStderr: true,
      stdout: '[]\n',
      stderr: `${told}nosuch: ERROR (no such process)\n`,
      exitStatus: 4,
    },
    {
      it: 'are not even asked for where nobody watches',
      line: 'status web',
      answers: warned,
      ...shown,
      calls: ['supervisor.getAllProcessInfo()'],
    },
    {
      it: 'are none of a supervisord that does not know the method',
      line: 'status web',
      answers,
      watchesStderr: true,
      ...shown,
    },
    {
      it: 'are none of a server that answers nonsense',
      line: 'status web',
      answers: { ...answers, 'monitor.getWarnings': [{ a: 1 }] },
      watchesStderr: true,
      ...shown,
    },
  ]);
});

describe('status', () => {
  testCases([
    {
      it: 'shows every process, and exits with 3 if one is down',
      line: 'status',
      answers,
      stdout: lineOf.a + lineOf.b + lineOf.web + lineOf.z,
      exitStatus: 3,
    },
    {
      it: 'shows names in the order given, repeated ones twice, and counts BACKOFF as up',
      line: 'status z g:a z',
      answers,
      stdout: lineOf.z + lineOf.a + lineOf.z,
    },
    {
      it: 'tells unknown names first, and exits with 4',
      line: 'status web nosuch x:* g:nosuch',
      answers,
      stdout: `nosuch: ERROR (no such process)\nx: ERROR (no such group)\ng:nosuch: ERROR (no such process)\n${lineOf.web}`,
      exitStatus: 4,
    },
    {
      it: 'exits with 3 where a name is unknown and a shown process is down',
      line: 'status nosuch g:',
      answers,
      stdout: `nosuch: ERROR (no such process)\n${lineOf.a}${lineOf.b}`,
      exitStatus: 3,
    },
    {
      it: 'takes words with a dash for names',
      line: 'status -x -o',
      answers,
      stdout: '-x: ERROR (no such process)\n-o: ERROR (no such process)\n',
      exitStatus: 4,
    },
    {
      it: 'is as wide as the longest name it shows',
      line: 'status',
      answers: {
        'supervisor.getAllProcessInfo': [
          info('g'.repeat(20), 'p'.repeat(20), { description: '' }),
          info('a', 'a'),
        ],
      },
      stdout:
        `${'g'.repeat(20)}:${'p'.repeat(20)}   RUNNING   \n` +
        `${'a'.padEnd(44)}RUNNING   pid 7, uptime 0:00:01\n`,
    },
    {
      it: 'prints what the server sent as JSON, and errors elsewhere',
      line: 'status --json web nosuch',
      answers,
      stdout: `${JSON.stringify([info('web', 'web')], undefined, 2)}\n`,
      stderr: 'nosuch: ERROR (no such process)\n',
      exitStatus: 4,
    },
    {
      it: 'is an empty array as JSON where there is no process',
      line: 'status --json',
      answers: { 'supervisor.getAllProcessInfo': [] },
      stdout: '[]\n',
    },
    {
      it: 'shows dashes with -o wide for a server that tells no usage and does not run here',
      line: 'status -o wide web',
      // No process has this id: the largest is 2²².
      answers: { ...answers, 'supervisor.getPID': 2 ** 22 + 1 },
      stdout:
        'NAME                             STATE     CPU  MEM  RESTARTS  LAST EXIT  DESCRIPTION\n' +
        'web                              RUNNING   -    -    -         -          pid 7, uptime 0:00:01\n',
    },
    {
      it: 'shows usage with -o wide, and none for a process that is down',
      line: 'status -o wide g:a g:b',
      answers: {
        ...answers,
        'monitor.getAllProcessUsage': [
          { name: 'b', group: 'g', pid: 0, cpu: 0, memory: 0, restarts: 3, lastexit: 'exit status 1' },
          { name: 'a', group: 'g', pid: 7, cpu: 12.34, memory: 5_500_000, restarts: 0, lastexit: '' },
        ],
      },
      stdout:
        'NAME                             STATE     CPU    MEM      RESTARTS  LAST EXIT      DESCRIPTION\n' +
        'g:a                              RUNNING   12.3%  5.2 MiB  0         -              pid 7, uptime 0:00:01\n' +
        'g:b                              STOPPED   -      -        3         exit status 1  Not started\n',
      exitStatus: 3,
    },
  ]);

  it('measures with -o wide what a server that tells no usage runs here', async () => {
    const own = { ...info('web', 'web'), pid: process.pid };
    await using server = await startFakeServer({
      answers: { 'supervisor.getAllProcessInfo': [own], 'supervisor.getPID': process.ppid },
    });
    const { stdout } = await runCommand('status --json -o wide', server);
    const [usage] = JSON.parse(stdout);
    expect(usage).toEqual({
      ...own,
      cpu: expect.any(Number),
      memory: expect.any(Number),
      restarts: null,
      lastexit: null,
    });
    expect(usage.cpu).toBeGreaterThan(0);
    expect(usage.memory).toBeGreaterThan(10_000_000);
  });

  it('adds the usage to JSON with -o wide', async () => {
    await using server = await startFakeServer({
      answers: {
        ...answers,
        'monitor.getAllProcessUsage': [
          { name: 'web', group: 'web', cpu: 1.5, memory: 10, restarts: 2, lastexit: 'SIGKILL' },
        ],
      },
    });
    const { stdout } = await runCommand('status --json -o wide web g:a', server);
    expect(JSON.parse(stdout)).toEqual([
      { ...info('web', 'web'), cpu: 1.5, memory: 10, restarts: 2, lastexit: 'SIGKILL' },
      { ...info('g', 'a'), cpu: null, memory: null, restarts: null, lastexit: null },
    ]);
  });
});

describe('pid', () => {
  testCases([
    { it: 'is that of the daemon', line: 'pid', answers: { 'supervisor.getPID': 42 }, stdout: '42\n' },
    { it: 'is that of every process with all', line: 'pid x all', answers, stdout: '7\n0\n7\n0\n' },
    {
      it: 'exits with 7 for a process without one',
      line: 'pid web g:b',
      answers: {
        'supervisor.getProcessInfo(web)': info('web', 'web'),
        'supervisor.getProcessInfo(g:b)': info('g', 'b', stopped),
      },
      stdout: '7\n0\n',
      exitStatus: 7,
    },
    {
      it: 'exits with 1 for an unknown name',
      line: 'pid g:*',
      answers: { 'supervisor.getProcessInfo': new Fault('BAD_NAME', 'g:*') },
      stdout: 'No such process g:*\n',
      exitStatus: 1,
    },
  ]);
});

describe('version', () => {
  const versions = { 'supervisor.getSupervisorVersion': '4.2.5', 'monitor.getProductVersion': '0.1.0' };
  testCases([
    { it: 'is that of supervisor', line: 'version', answers: versions, stdout: '4.2.5\n' },
    {
      it: 'is also that of the product with --full',
      line: 'version --full',
      answers: versions,
      stdout: '4.2.5\nproduct version 0.1.0\n',
    },
    {
      it: 'is only that of supervisor with --full where the server knows no other',
      line: 'version --full',
      answers: { 'supervisor.getSupervisorVersion': '4.2.5' },
      stdout: '4.2.5\n',
    },
    {
      it: 'takes no arguments',
      line: 'version x',
      stdout:
        'Error: version accepts no arguments\nversion\t\t\tShow the version of the remote supervisord process\n',
      exitStatus: 1,
    },
  ]);
});

describe('avail', () => {
  const config = (group: string, name: string, inuse: boolean, autostart: boolean) => ({
    group,
    name,
    inuse,
    autostart,
    group_prio: 500,
    process_prio: 999,
  });
  testCases([
    {
      it: 'shows every configured process',
      line: 'avail',
      answers: {
        'supervisor.getAllConfigInfo': [config('cat', 'cat', true, true), config('g', 'x', false, false)],
      },
      stdout:
        'cat                              in use    auto      500:999\n' +
        'g:x                              avail     manual    500:999\n',
    },
    {
      it: 'tells that the server is shutting down',
      line: 'avail',
      answers: { 'supervisor.getAllConfigInfo': new Fault('SHUTDOWN_STATE') },
      stdout: 'ERROR: supervisor shutting down\n',
      exitStatus: 1,
    },
  ]);
});

describe('help', () => {
  testCases([
    {
      it: 'lists the commands in columns',
      line: 'help',
      stdout: [
        '',
        'default commands (type help <topic>):',
        '=====================================',
        'add    exit      open  reload  restart   signal  stop    upgrade',
        'avail  fg        pid   remove  schedule  start   tail    version',
        'clear  maintail  quit  reread  shutdown  status  update',
        '',
        '',
      ].join('\n'),
    },
    {
      it: 'explains itself',
      line: '?help',
      stdout: 'help\t\tPrint a list of available actions\nhelp <action>\tPrint help for <action>\n',
    },
    { it: 'has nothing on what is no command', line: 'help a b', stdout: '*** No help on a b\n' },
    {
      it: 'has nothing on a name that objects have',
      line: 'help __proto__',
      stdout: '*** No help on __proto__\n',
    },
  ]);
});
