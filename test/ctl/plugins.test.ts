import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CtlPluginSettings } from '../../conf/settings.ts';
import type { Command } from '../../ctl/command.ts';
import { completer } from '../../ctl/completion.ts';
import { info, stopped, testCases } from './command-case.ts';
import { Fault, startFakeServer } from './fake-server.ts';
import { runCommand } from './run-command.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'plugins-'));
  copyFileSync('test/fixtures/plugins/says-what-it-gets.mjs', join(directory, 'plugin.mjs'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function plugin(factory: string, options: Readonly<Record<string, string>> = {}): CtlPluginSettings {
  return { name: 'mine', factory, here: directory, options: new Map(Object.entries(options)) };
}

/** What a line does with a plug-in. */
async function run(line: string, factory: string, options?: Readonly<Record<string, string>>) {
  await using server = await startFakeServer({
    answers: {
      'supervisor.getState': { statecode: 1, statename: 'RUNNING' },
      'supervisor.getSupervisorVersion': '4.2.5',
    },
  });
  return await runCommand(line, { serverurl: server.serverurl, plugins: [plugin(factory, options)] });
}

const ours = './plugin.mjs:makePlugin';

describe('a plug-in in JavaScript', () => {
  it('gets the options of its section and the words of a line', async () => {
    const printed = await run('options a  b', ours, { key: 'value' });
    expect(printed).toEqual({
      stdout: '{"options":{"key":"value"},"words":["a","b"]}\n',
      stderr: '',
      exitStatus: 0,
    });
  });

  it('can call any method, and gets structs as objects', async () => {
    const { stdout } = await run('ask supervisor.getState', ours);
    expect(stdout).toBe('{"statecode":1,"statename":"RUNNING"}\n');
  });

  it('hears of faults as errors, which are shown like those of any command', async () => {
    expect(await run('ask no.such', ours)).toMatchObject({
      stdout: "error: <Fault 1: 'UNKNOWN_METHOD'>\n",
      exitStatus: 1,
    });
    expect(await run('fails', ours)).toMatchObject({ stdout: 'error: as it should\n', exitStatus: 1 });
  });

  it('can run other commands, with their output and exit status', async () => {
    expect(await run('status_of web', ours)).toMatchObject({ exitStatus: 1 });
  });

  it('never hides a command of ours', async () => {
    expect((await run('version', ours)).stdout).toBe('4.2.5\n');
  });

  it('appears in help, and has help of its own', async () => {
    const { stdout } = await run('help', ours);
    expect(stdout).toContain('\nmine commands (type help <topic>):\n==================================\nask');
    expect((await run('help options', ours)).stdout).toBe(
      'options\t\tShow the options\noptions x\tThe same\n',
    );
    expect((await run('help fails', ours)).stdout).toBe('*** No help on fails\n');
  });

  it('is found as a file, from the directory of the configuration, and as a package', async () => {
    mkdirSync(join(directory, 'node_modules/a-plugin'), { recursive: true });
    copyFileSync(join(directory, 'plugin.mjs'), join(directory, 'node_modules/a-plugin/main.mjs'));
    writeFileSync(join(directory, 'node_modules/a-plugin/package.json'), '{"exports":"./main.mjs"}');
    for (const module of ['./plugin.mjs', 'plugin.mjs', join(directory, 'plugin.mjs'), 'a-plugin']) {
      expect(await run('options', `${module}:makePlugin`)).toMatchObject({ stderr: '', exitStatus: 0 });
    }
  });
});

describe('a plug-in that cannot be had', () => {
  const failures: readonly (readonly [factory: string, reason: string])[] = [
    [
      'package.module:make_plugin',
      'package.module:make_plugin is no JavaScript that can be found, and Python cannot be run here',
    ],
    ['./plugin.mjs', './plugin.mjs names no function: that comes after a colon'],
    ['./plugin.mjs:nosuch', './plugin.mjs exports no function nosuch'],
    ['./plugin.mjs:notAFunction', './plugin.mjs exports no function notAFunction'],
    ['./nosuch.mjs:make', '<directory>/nosuch.mjs cannot be found'],
    ['./plugin.mjs:makeNothing', 'its factory returned no commands'],
    ['./plugin.mjs:makeNameless', '"not a name" cannot be the name of a command'],
    ['./plugin.mjs:makeIdle', 'its command idle has no function run'],
    ['fs:readFileSync', 'fs:readFileSync is no JavaScript that can be found, and Python cannot be run here'],
  ];
  for (const [factory, reason] of failures) {
    it(`${factory} is told in one line, and all else works`, async () => {
      expect(await run('version', factory)).toEqual({
        stdout: '4.2.5\n',
        stderr: `Warning: [ctlplugin:mine] is left out: ${reason.replace('<directory>', directory)}\n`,
        exitStatus: 0,
      });
    });
  }

  it('is one whose code others could have written', async () => {
    const copy = (name: string, mode: number): string => {
      const path = join(directory, name);
      copyFileSync(join(directory, 'plugin.mjs'), path);
      chmodSync(path, mode);
      return path;
    };
    const open = copy('open.mjs', 0o666);
    const { stdout, stderr } = await run('version', './open.mjs:makePlugin');
    expect(stderr).toBe(
      `Warning: [ctlplugin:mine] is left out: ${open} is not safe to load: ${open} can be written by everybody\n`,
    );
    expect(stdout).toBe('4.2.5\n');

    symlinkSync(open, join(directory, 'link.mjs'));
    expect((await run('version', './link.mjs:makePlugin')).stderr).toContain('can be written by everybody');

    mkdirSync(join(directory, 'open'));
    chmodSync(join(directory, 'open'), 0o777);
    copy('open/plugin.mjs', 0o644);
    const isOpen = `${join(directory, 'open')} can be written by everybody`;
    expect((await run('version', './open/plugin.mjs:makePlugin')).stderr).toContain(isOpen);
    // Whoever can replace the link decides what is loaded.
    symlinkSync('../plugin.mjs', join(directory, 'open/link.mjs'));
    expect((await run('version', './open/link.mjs:makePlugin')).stderr).toContain(isOpen);
    // Others cannot replace the file, but put another beside it that it imports.
    chmodSync(join(directory, 'open'), 0o1777);
    expect((await run('version', './open/plugin.mjs:makePlugin')).stderr).toContain(isOpen);
  });

  (process.getuid?.() === 0 ? it : it.skip)('is one of another user, or of a group of others', async () => {
    const path = join(directory, 'theirs.mjs');
    copyFileSync(join(directory, 'plugin.mjs'), path);
    chmodSync(path, 0o664);
    expect((await run('version', './theirs.mjs:makePlugin')).stderr).toBe('');
    chownSync(path, 0, 12_345);
    expect((await run('version', './theirs.mjs:makePlugin')).stderr).toContain('can be written by gid 12345');
    chownSync(path, 12_345, 0);
    expect((await run('version', './theirs.mjs:makePlugin')).stderr).toContain('belongs to uid 12345');
  });
});

describe('completion', () => {
  it('offers commands of plug-ins, and what they take', async () => {
    const taking = (completes?: Command['completes']): Command => ({
      help: [],
      run: async () => 0,
      ...(completes !== undefined && { completes }),
    });
    const commands = new Map([
      ['mstart', taking('processes')],
      ['mgroup', taking('groups')],
      ['mplain', taking()],
    ]);
    const processes = [{ ...info('g', 'a'), members: new Map() }];
    const complete = completer(async () => processes, [{ name: 'mine', commands }]);
    expect((await complete('m'))[0]).toEqual(['maintail ', 'mstart ', 'mgroup ', 'mplain ']);
    expect((await complete('mstart '))[0]).toEqual(['g:a ', 'g:* ']);
    expect((await complete('mgroup '))[0]).toEqual(['g ']);
    expect((await complete('mplain '))[0]).toEqual([]);
  });
});

const all = {
  'supervisor.getAllProcessInfo': [
    info('web-a', 'web-a'),
    info('web-b', 'web-b', stopped),
    info('pool', 'a'),
    info('pool', 'b', stopped),
  ],
  'supervisor.startProcess': true,
  'supervisor.stopProcess': true,
};
const wildcards: CtlPluginSettings = {
  name: 'wildcards',
  factory: 'supervisorwildcards.controllerplugin:make_wildcards_controllerplugin',
  here: '/nonexistent',
  options: new Map(),
};
const quick = { ...wildcards, name: 'quick', factory: 'supervisor_quick:make_quick_controllerplugin' };
const serial = {
  ...wildcards,
  name: 'serialrestart',
  factory: 'supervisorserialrestart.controllerplugin:make_serialrestart_controllerplugin',
};

describe('supervisor-wildcards', () => {
  testCases([
    {
      it: 'matches names of processes, whatever their group',
      line: 'mstop a',
      plugins: [wildcards],
      answers: all,
      stdout: 'pool:a: stopped\n',
      calls: ['supervisor.getAllProcessInfo()', 'supervisor.stopProcess(pool:a)'],
    },
    {
      it: 'matches groups and names if it is told to',
      line: 'mstart pool:a*',
      plugins: [{ ...wildcards, options: new Map([['match_group', '1']]) }],
      answers: all,
      stdout: 'pool:a: started\n',
    },
    {
      it: 'restarts everything',
      line: 'mrestart all',
      plugins: [wildcards],
      answers: { ...all, 'supervisor.getAllProcessInfo': [info('web-a', 'web-a')] },
      stdout: 'web-a: stopped\nweb-a: started\n',
    },
    {
      it: 'shows the status of what matches, with its exit status',
      line: 'mstatus web*',
      plugins: [wildcards],
      answers: all,
      stdout:
        'web-a                            RUNNING   pid 7, uptime 0:00:01\nweb-b                            STOPPED   Not started\n',
      exitStatus: 3,
    },
    {
      it: 'says so when nothing matches',
      line: 'mstart nosuch*',
      plugins: [wildcards],
      answers: all,
      stdout: 'No process matched given expression.\n',
    },
    {
      it: 'fails when one of the commands does',
      line: 'mstart a',
      plugins: [wildcards],
      answers: { ...all, 'supervisor.startProcess(pool:a)': new Fault('SPAWN_ERROR', 'pool:a') },
      stdout: 'pool:a: ERROR (spawn error)\n',
      exitStatus: 7,
    },
  ]);
});

for (const [line, plugins] of [
  ['mstart all', [wildcards]],
  ['quickstart *', [quick]],
] as const) {
  it(`${line} asks for all processes at once`, async () => {
    const { promise: allAsked, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    const start = async () => {
      asked += 1;
      if (asked === 4) resolve();
      await allAsked;
      return true;
    };
    await using server = await startFakeServer({ answers: { ...all, 'supervisor.startProcess': start } });
    const { stdout } = await runCommand(line, { serverurl: server.serverurl, plugins });
    expect(stdout.trim().split('\n')).toHaveLength(4);
  });
}

describe('supervisor-quick', () => {
  testCases([
    {
      it: 'matches groups and names, and tells the state reached',
      line: 'quickstart pool:a*',
      plugins: [quick],
      answers: all,
      stdout: 'pool:a: RUNNING\n',
    },
    {
      it: 'tells the fault of each that fails',
      line: 'quickstop web-b:',
      plugins: [quick],
      answers: { ...all, 'supervisor.stopProcess(web-b:web-b)': new Fault('NOT_RUNNING', 'web-b') },
      stdout: 'web-b:web-b ERROR(NOT_RUNNING)\n',
      exitStatus: 1,
    },
    {
      it: 'stops everything, then starts it',
      line: 'quickrestart all',
      plugins: [quick],
      answers: { ...all, 'supervisor.getAllProcessInfo': [info('pool', 'a')] },
      stdout: 'pool:a: STOPPED\npool:a: RUNNING\n',
    },
  ]);
});

describe('supervisor-serialrestart', () => {
  testCases([
    {
      it: 'restarts one after the other',
      line: 'serialrestart pool:*',
      plugins: [serial],
      answers: all,
      stdout: 'pool:a: stopped\npool:a: started\npool:b: stopped\npool:b: started\n',
    },
    {
      it: 'tells what matches nothing, and goes on',
      line: 'serialrestart nosuch web-a',
      plugins: [serial],
      answers: all,
      stdout: 'No such process nosuch\nweb-a: stopped\nweb-a: started\n',
      exitStatus: 1,
    },
    {
      it: 'asks for a name',
      line: 'serialrestart',
      plugins: [serial],
      stdout: `Error: serialrestart requires a process name
serialrestart <name>\t\tRestart a process
serialrestart <gname>:*\t\tRestart the processes of a group, one after the other
serialrestart <pattern> <pattern>\tRestart processes whose names match, one after the other
serialrestart all\t\tRestart all processes, one after the other
`,
      exitStatus: 1,
      calls: [],
    },
  ]);
});
