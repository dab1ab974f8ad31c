import { pid as ownPid } from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { callMethod } from '../../../daemon/rpc/call.ts';
import { methodTable } from '../../../daemon/rpc/table.ts';
import { Double, type Encodable, encodeResponse } from '../../../rpc/xmlrpc.ts';
import { type FakeRpcContext, fakeRpcContext, settingsWith } from '../../support/fake-rpc-context.ts';
import { groupSettings, processSettings } from '../../support/process-settings.ts';

async function call(context: FakeRpcContext, name: string, ...params: string[]): Promise<Encodable> {
  return await callMethod({ ...context, methods: methodTable(context.namespaces) }, name, params);
}

/** The value of one member in each struct of an answer. */
function column(answer: Encodable, member: string): unknown[] {
  if (!Array.isArray(answer)) throw new Error('The answer is no array');
  return answer.map((struct: { [member: string]: Encodable }) => struct[member]);
}

describe('warnings', () => {
  it('are told in every state of the daemon', async () => {
    const context = fakeRpcContext([], { warnings: () => ['one', 'two'] });
    expect(await call(context, 'monitor.getWarnings')).toEqual(['one', 'two']);
    context.supervisor.shutDown('exit');
    expect(await call(context, 'monitor.getWarnings')).toEqual(['one', 'two']);
  });
});

describe('process information', () => {
  it('has the members clients know, in their order', async () => {
    const context = fakeRpcContext([groupSettings('web', [{ name: 'web' }])]);
    const web = context.supervisor.process('web').run(99);
    Object.assign(web, { start: 1_699_999_999.9, stop: 12.5, exitstatus: -1, spawnerr: 'why' });
    web.logfiles = { stdout: '/log/out', stderr: undefined };
    const info = await call(context, 'supervisor.getProcessInfo', 'web');
    expect(Object.entries(info ?? {})).toEqual([
      ['name', 'web'],
      ['group', 'web'],
      ['start', 1_699_999_999],
      ['stop', 12],
      ['now', 1_700_000_000],
      ['state', 20],
      ['statename', 'RUNNING'],
      ['spawnerr', 'why'],
      ['exitstatus', -1],
      ['logfile', '/log/out'],
      ['stdout_logfile', '/log/out'],
      ['stderr_logfile', ''],
      ['pid', 99],
      ['description', 'about web'],
    ]);
    expect(await call(context, 'supervisor.getAllProcessInfo')).toEqual([info]);
  });

  it('comes sorted by group, then by process, whatever the priorities', async () => {
    const context = fakeRpcContext([
      groupSettings('z', [{ name: 'a' }], 1),
      groupSettings('b', [{ name: 'y', priority: 1 }, { name: 'x' }, { name: 'B' }]),
    ]);
    const all = await call(context, 'supervisor.getAllProcessInfo');
    expect(column(all, 'name')).toEqual(['B', 'x', 'y', 'a']);
  });
});

describe('configuration information', () => {
  const members =
    'autostart autorestart directory uid command exitcodes group group_prio inuse killasgroup name process_prio redirect_stderr startretries startsecs stdout_capture_maxbytes stdout_events_enabled stdout_logfile stdout_logfile_backups stdout_logfile_maxbytes stdout_syslog stopsignal stopwaitsecs stderr_capture_maxbytes stderr_events_enabled stderr_logfile stderr_logfile_backups stderr_logfile_maxbytes stderr_syslog serverurl';

  it('has the members clients know, in their order, and none for what is not set', async () => {
    const context = fakeRpcContext([groupSettings('web', [{ name: 'web' }], 7)]);
    const answer = await call(context, 'supervisor.getAllConfigInfo');
    const [info] = Array.isArray(answer) ? answer : [];
    expect(Object.keys(info).join(' ')).toBe(members);
    expect(info).toMatchObject({
      autorestart: 'unexpected',
      directory: 'none',
      uid: 'none',
      exitcodes: [0],
      group_prio: 7,
      inuse: true,
      stdout_logfile: 'none',
      stopsignal: 15,
      serverurl: 'none',
    });
  });

  it('can be sent whatever the values, autorestart=true and sizes over 2 GiB among them', async () => {
    const always = processSettings({ autorestart: 'always' });
    const stdout = { ...always.stdout, logfile_maxbytes: 2 ** 40, capture_maxbytes: 2 ** 31 };
    const context = fakeRpcContext([
      groupSettings('g', [
        { name: 'a', autorestart: 'always', stdout },
        { name: 'b', autorestart: 'never' },
      ]),
    ]);
    const answer = await call(context, 'supervisor.getAllConfigInfo');
    expect(column(answer, 'autorestart')).toEqual([true, false]);
    expect(encodeResponse(answer)).toContain(
      '<name>stdout_logfile_maxbytes</name>\n<value><int>2147483647</int>',
    );
  });

  it('is of the configuration read last, sorted by name, and tells what is active', async () => {
    const auto = { ...processSettings().stdout, logfile: { type: 'AUTO' } as const };
    const context = fakeRpcContext([
      groupSettings('z', [{ name: 'b', stdout: auto }]),
      groupSettings('a', [{ name: 'c', stdout: auto }]),
    ]);
    context.supervisor.removeGroup('a');
    context.supervisor.process('b', 'z').logfiles = { stdout: '/tmp/b-stdout---x.log', stderr: undefined };
    const answer = await call(context, 'supervisor.getAllConfigInfo');
    expect(column(answer, 'name')).toEqual(['b', 'c']);
    expect(column(answer, 'inuse')).toEqual([true, false]);
    expect(column(answer, 'stdout_logfile')).toEqual(['/tmp/b-stdout---x.log', 'auto']);
  });

  it('does not name an AUTO log that belongs to the settings before the last reading', async () => {
    const auto = { ...processSettings().stdout, logfile: { type: 'AUTO' } as const };
    const group = groupSettings('g', [{ name: 'a', stdout: auto }]);
    const context = fakeRpcContext([group], { configuration: () => settingsWith([structuredClone(group)]) });
    context.supervisor.process('a', 'g').logfiles = { stdout: '/tmp/a-stdout---x.log', stderr: undefined };
    expect(column(await call(context, 'supervisor.getAllConfigInfo'), 'stdout_logfile')).toEqual(['auto']);
  });
});

describe('what other daemons do for schedules', () => {
  it('is looked at first', async () => {
    const context = fakeRpcContext([groupSettings('web', [{ name: 'web' }])], {
      catchUp: async () => void context.supervisor.process('web').run(7),
    });
    expect(await call(context, 'supervisor.getProcessInfo', 'web')).toMatchObject({ pid: 7 });
    const other = fakeRpcContext([groupSettings('web', [{ name: 'web' }])], {
      catchUp: async () => void other.supervisor.process('web').run(8),
    });
    expect(column(await call(other, 'supervisor.getAllProcessInfo'), 'pid')).toEqual([8]);
  });
});

describe('monitor.getAllProcessUsage', () => {
  it('measures what runs, and tells how what ended did', async () => {
    const context = fakeRpcContext([
      groupSettings('g', [{ name: 'up' }, { name: 'down' }, { name: 'killed' }, { name: 'gone' }]),
    ]);
    context.supervisor.process('up', 'g').run(ownPid).restarts = 3;
    context.supervisor.process('down', 'g').dropped = 5_000_000_000;
    context.supervisor.process('down', 'g').lastExit = { type: 'exited', code: 1 };
    context.supervisor.process('killed', 'g').lastExit = { type: 'signalled', signal: 9, coreDumped: false };
    // No process has this id: the largest is 2²².
    context.supervisor.process('gone', 'g').run(2 ** 22 + 1);
    const answer = await call(context, 'monitor.getAllProcessUsage');
    expect(column(answer, 'name')).toEqual(['up', 'down', 'killed', 'gone']);
    expect(column(answer, 'restarts')).toEqual([3, 0, 0, 0]);
    expect(column(answer, 'lastexit')).toEqual(['', 'exit status 1', 'SIGKILL', '']);
    const numbers = (name: string) =>
      column(answer, name).map((value) => (value instanceof Double ? value.value : undefined));
    const memory = numbers('memory');
    expect(memory[0]).toBeGreaterThan(1_000_000);
    expect(memory.slice(1)).toEqual([0, 0, 0]);
    expect(numbers('dropped')).toEqual([0, 5_000_000_000, 0, 0]);
    encodeResponse(answer);
  });
});
