/** Plug-ins of supervisorctl, as a configuration names them; the one in the documentation among them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemons.ts';
import { fullLog, waitForState } from '../support/supervised.ts';

const page = readFileSync('docs/supervisorctl.md', 'utf8');

/** The first example in a language. */
function example(language: string): string {
  const [, text] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? [];
  if (text === undefined) throw new Error(`docs/supervisorctl.md has no example in ${language}`);
  return text;
}

const quick = 'command=/bin/cat\nstartsecs=0\n';

describe('supervisorctl', () => {
  let daemon: Daemon;
  beforeAll(async () => {
    daemon = new Daemon({
      implementation: 'ours',
      configuration: `[program:web]\n${quick}[program:down]\n${quick}autostart=false\n${example('ini')}
[ctlplugin:wildcards]
supervisor.ctl_factory = supervisorwildcards.controllerplugin:make_wildcards_controllerplugin
[ctlplugin:snake]
supervisor.ctl_factory = package.module:make_plugin
`,
    });
    writeFileSync(join(daemon.dir, 'crew.mjs'), example('js'));
    await daemon.start();
    await waitForState(daemon, 'web', 'RUNNING');
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
  });

  const warning =
    'Warning: [ctlplugin:snake] is left out: package.module:make_plugin is no JavaScript that can be found, and Python cannot be run here\n';

  it('runs the example of its documentation', async () => {
    const [, command, expected] =
      /^ {4}\$ supervisorctl (.*)\n {4}(.*)$/m.exec(page.split('## Plug-ins')[1] ?? '') ?? [];
    expect(await daemon.ctl('ours', command?.split(' ') ?? [])).toEqual({
      stdout: `${expected}\n`,
      stderr: warning,
      exitCode: 0,
    });
    const { stdout } = await daemon.ctl('ours', ['hail', 'down', 'nosuch']);
    expect(stdout).toBe(
      "Hello, down! You are STOPPED.\ndown: started\nerror: <Fault 10: 'BAD_NAME: nosuch'>\n",
    );
  });

  it('goes on without a plug-in that it cannot run', async () => {
    const { stdout, stderr, exitCode } = await daemon.ctl('ours', ['pid', 'web']);
    expect(stdout).toMatch(/^\d+\n$/);
    expect(stderr).toBe(warning);
    expect(exitCode).toBe(0);
  });

  it('has the commands of plug-ins in its shell and its help', async () => {
    const { stdout } = await daemon.ctl('ours', [], { input: 'help\nhelp hail\nmstatus w*\n' });
    expect(stdout).toContain(
      'crew commands (type help <topic>):\n==================================\nhail\n',
    );
    expect(stdout).toContain('wildcards commands (type help <topic>):');
    expect(stdout).toContain('mrestart  mstart  mstatus  mstop');
    expect(stdout).toContain('hail <name> <name>\tGreet processes');
    expect(stdout.match(/^(supervisor> )?web +RUNNING/gm)).toHaveLength(2);
  });

  it('alone has to do with them: the daemon passes over the sections', async () => {
    expect(await fullLog(daemon)).not.toContain('ctlplugin');
  });
});

describe('a configuration with plug-ins for supervisord', () => {
  it('works, with a warning for each, and supervisor.* there even without a section', async () => {
    await using daemon = new Daemon({ implementation: 'ours', configuration: '' });
    const text = readFileSync(daemon.configurationFile, 'utf8').replace(
      /\[rpcinterface:supervisor\]\n.*\n/,
      '[rpcinterface:twiddler]\nsupervisor.rpcinterface_factory = supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface\n',
    );
    expect(text).not.toContain('make_main');
    writeFileSync(daemon.configurationFile, text);
    await daemon.start();
    const log = await fullLog(daemon);
    expect(log).toMatch(/WARN \S+supervisord\.conf:\d+: \[rpcinterface:twiddler\].*Python/);
    expect(log).toContain("RPC interface 'supervisor' initialized");
    await expect(daemon.rpc('twiddler.getAPIVersion')).rejects.toThrow('UNKNOWN_METHOD');
    expect((await daemon.ctl('ours', ['version'])).exitCode).toBe(0);
  });
});
