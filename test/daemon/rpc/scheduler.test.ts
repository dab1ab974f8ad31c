import { describe, expect, it } from '@jest/globals';
import { callMethod } from '../../../daemon/rpc/call.ts';
import { methodTable } from '../../../daemon/rpc/table.ts';
import { ScheduleError, type ScheduleRefusal } from '../../../daemon/schedule/control.ts';
import { RpcFault } from '../../../rpc/faults.ts';
import { decodeResponse, type Encodable, encodeResponse, type XmlRpcValue } from '../../../rpc/xmlrpc.ts';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { FakeScheduler, job, run, runUnderWay } from '../../support/fake-scheduler.ts';

const methods = methodTable(['supervisor']);

/** The answer as a client reads it, or the text of the fault. */
async function answer(scheduler: FakeScheduler, name: string, ...params: XmlRpcValue[]): Promise<unknown> {
  const context = { ...fakeRpcContext([], { schedules: scheduler }), methods };
  try {
    const value: Encodable = await callMethod(context, `scheduler.${name}`, params);
    const response = decodeResponse(encodeResponse(value));
    return response.type === 'result' ? plain(response.value) : response;
  } catch (error) {
    if (error instanceof RpcFault) return `fault ${error.code} ${error.message}`;
    throw error;
  }
}

function plain(value: XmlRpcValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
}

function struct(members: { [name: string]: XmlRpcValue }): XmlRpcValue {
  return new Map(Object.entries(members));
}

const names = [...methods.keys()].filter((name) => name.startsWith('scheduler.'));

/** Arguments that every method takes. */
function someArguments(name: string): XmlRpcValue[] {
  const values: { readonly [type: string]: XmlRpcValue } = {
    string: 'nightly',
    int: 1,
    struct: new Map([['id', 'x']]),
  };
  const [, ...types] = methods.get(name)?.signature ?? [];
  return types.map((type, index) =>
    name.endsWith('readRunLog') && index === 1 ? 'stdout' : (values[type] ?? true),
  );
}

describe('every method of scheduler.*', () => {
  for (const name of names) {
    const short = name.slice('scheduler.'.length);

    it(`${name} answers SHUTDOWN_STATE while the daemon shuts down`, async () => {
      const scheduler = new FakeScheduler();
      const context = { ...fakeRpcContext([], { schedules: scheduler }), methods };
      context.supervisor.state = 'SHUTDOWN';
      await expect(callMethod(context, name, someArguments(name))).rejects.toThrow('SHUTDOWN_STATE');
      expect(scheduler.asked).toEqual([]);
    });

    it(`${name} refuses too many arguments`, async () => {
      expect(await answer(new FakeScheduler(), short, 1, 2, 3, 4, 5, 6)).toBe('fault 2 INCORRECT_PARAMETERS');
    });
  }

  it('has its faults among those that supervisord has', async () => {
    const faults: readonly [ScheduleRefusal, string][] = [
      ['unknown-job', 'fault 10 BAD_NAME: why'],
      ['unknown-run', 'fault 10 BAD_NAME: why'],
      ['conflict', 'fault 90 ALREADY_ADDED: why'],
      ['from-file', 'fault 30 FAILED: why'],
      ['invalid', 'fault 3 BAD_ARGUMENTS: why'],
      ['max-instances', 'fault 91 STILL_RUNNING: why'],
      ['not-running', 'fault 70 NOT_RUNNING: why'],
      ['no-log', 'fault 20 NO_FILE: why'],
      ['unavailable', 'fault 30 FAILED: why'],
      ['shutting-down', 'fault 6 SHUTDOWN_STATE'],
    ];
    for (const [refusal, fault] of faults) {
      const scheduler = new FakeScheduler();
      scheduler.refusal = new ScheduleError(refusal, 'why');
      expect(await answer(scheduler, 'getJob', 'nightly')).toBe(fault);
    }
  });
});

describe('scheduler.getJob', () => {
  it('tells times as seconds and as text in the zone of the job, and keys with their origin', async () => {
    const keys = new Map([['hour', { value: '2', origin: '/etc/supervisord.conf:9' }]]);
    const scheduler = new FakeScheduler(
      job('nightly', { keys, lastRun: run('r1'), activeRuns: [runUnderWay('r2')] }),
    );
    expect(await answer(scheduler, 'getJob', 'nightly')).toEqual({
      id: 'nightly',
      name: 'nightly',
      source: 'file',
      origin: '/etc/supervisord.conf:7',
      action: '/bin/backup',
      trigger: "cron[hour='2', minute='30']",
      timezone: 'Europe/Berlin',
      state: 'WAITING',
      paused: false,
      next_run_time: 1774661400,
      next_run_time_iso: '2026-03-28T02:30:00+01:00',
      due_time: 1774661400,
      due_time_iso: '2026-03-28T02:30:00+01:00',
      last_run: {
        id: 'r1',
        job_id: 'nightly',
        attempt: 1,
        cause: 'schedule',
        state: 'SUCCESS',
        active: false,
        count: 1,
        node: 'a',
        fire_time: 1774575000,
        fire_time_iso: '2026-03-27T02:30:00+01:00',
        last_fire_time: 1774575000,
        last_fire_time_iso: '2026-03-27T02:30:00+01:00',
        due_time: 1774575000,
        due_time_iso: '2026-03-27T02:30:00+01:00',
        start_time: 1774575000.25,
        start_time_iso: '2026-03-27T02:30:00.250+01:00',
        end_time: 1774575123.25,
        end_time_iso: '2026-03-27T02:32:03.250+01:00',
        late: 0.25,
        duration: 123,
        exitstatus: 0,
        signal: 0,
        signalname: '',
        stop_requested: false,
        error: '',
      },
      active_runs: [
        expect.objectContaining({ id: 'r2', state: 'RUNNING', active: true, end_time: 0, exitstatus: -1 }),
      ],
      keys: { hour: { value: '2', origin: '/etc/supervisord.conf:9' } },
    });
  });

  it('has 0 and empty text for what there is not', async () => {
    const scheduler = new FakeScheduler(job('over', { nextRunTime: undefined, dueTime: undefined }));
    expect(await answer(scheduler, 'getJob', 'over')).toMatchObject({
      next_run_time: 0,
      next_run_time_iso: '',
      last_run: {},
      active_runs: [],
    });
  });

  it('sends times as doubles, which hold more than 32 bits', async () => {
    const context = { ...fakeRpcContext([], { schedules: new FakeScheduler(job('nightly')) }), methods };
    const xml = encodeResponse(await callMethod(context, 'scheduler.getJob', ['nightly']));
    expect(xml).toContain('<name>next_run_time</name>\n<value><double>1774661400</double></value>');
  });

  it('says in APScheduler’s words that there is none', async () => {
    const text = 'fault 10 BAD_NAME: No job by the id of nosuch was found';
    expect(await answer(new FakeScheduler(), 'getJob', 'nosuch')).toBe(text);
  });
});

describe('scheduler.getAllJobs', () => {
  it('leaves the keys out', async () => {
    const scheduler = new FakeScheduler(job('a', { keys: new Map() }), job('b'));
    const jobs = (await answer(scheduler, 'getAllJobs')) as readonly object[];
    expect(jobs).toMatchObject([{ id: 'a' }, { id: 'b' }]);
    expect(jobs[0]).not.toHaveProperty('keys');
  });
});

describe('what makes a job', () => {
  it('may be numbers, booleans and lists beside text', async () => {
    const scheduler = new FakeScheduler();
    const keys = {
      id: 'tidy',
      command: '/bin/tidy',
      hour: 3,
      jitter: 0.5,
      coalesce: false,
      hosts: ['a', 'b'],
    };
    expect(await answer(scheduler, 'addJob', struct(keys))).toMatchObject({ id: 'tidy', source: 'rpc' });
    expect(await answer(scheduler, 'validate', struct({ ...keys, id: 'other' }))).toMatchObject({
      fire_times: [1774661400, 1774830600, 1774917000],
      fire_times_iso: ['2026-03-28T02:30:00+01:00', '2026-03-30T02:30:00+02:00', '2026-03-31T02:30:00+02:00'],
    });
    expect(scheduler.asked).toEqual([
      'addJob tidy command=/bin/tidy hour=3 jitter=0.5 coalesce=false hosts=a,b',
      'validate other command=/bin/tidy hour=3 jitter=0.5 coalesce=false hosts=a,b',
    ]);
  });

  it('needs an id, and values that can be text', async () => {
    const scheduler = new FakeScheduler();
    const noId = 'fault 3 BAD_ARGUMENTS: id: a job needs one';
    expect(await answer(scheduler, 'addJob', struct({ hour: 3 }))).toBe(noId);
    expect(await answer(scheduler, 'addJob', struct({ id: '', hour: 3 }))).toBe(noId);
    expect(await answer(scheduler, 'addJob', struct({ id: 'x', hour: struct({}) }))).toBe(
      'fault 3 BAD_ARGUMENTS: hour: expected text, a number, a boolean, or an array of them',
    );
    expect(await answer(scheduler, 'addJob', 'x')).toBe('fault 2 INCORRECT_PARAMETERS');
    expect(scheduler.asked).toEqual([]);
  });

  it('is refused for a name that is taken, in APScheduler’s words', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    expect(await answer(scheduler, 'addJob', struct({ id: 'nightly' }))).toBe(
      'fault 90 ALREADY_ADDED: Job identifier (nightly) conflicts with an existing job',
    );
  });
});

describe('a server that anybody can talk to', () => {
  it('lets nobody say what is run, and all say when', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    const context = { ...fakeRpcContext([], { schedules: scheduler }), methods, isForAnybody: true };
    const keys = struct({ id: 'x', command: '/bin/sh' });
    for (const [name, ...params] of [
      ['addJob', keys],
      ['modifyJob', 'x', keys],
      ['rescheduleJob', 'x', keys],
    ] as const) {
      await expect(callMethod(context, `scheduler.${name}`, params)).rejects.toThrow(
        'FAILED: this server asks for no password, and so does not let clients say what is run',
      );
    }
    expect(scheduler.asked).toEqual([]);
    expect(await callMethod(context, 'scheduler.runJob', ['nightly'])).toBe('r1');
  });
});

describe('a job of a file', () => {
  const scheduler = new FakeScheduler(job('nightly'));
  for (const [method, ...params] of [
    ['modifyJob', struct({ hour: 4 })],
    ['rescheduleJob', struct({ hour: 4 })],
    ['removeJob'],
  ] as const) {
    it(`is refused to ${method}, which says where it is from`, async () => {
      const text = 'fault 30 FAILED: Schedule nightly is from /etc/supervisord.conf:7';
      expect(await answer(scheduler, method, 'nightly', ...params)).toBe(text);
    });
  }

  it('can be paused and resumed', async () => {
    expect(await answer(scheduler, 'pauseJob', 'nightly')).toMatchObject({
      state: 'PAUSED',
      next_run_time: 0,
    });
    expect(await answer(scheduler, 'resumeJob', 'nightly')).toMatchObject({ next_run_time: 1774661400 });
  });
});

describe('scheduler.runJob', () => {
  it('answers the id of the run at once', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    expect(await answer(scheduler, 'runJob', 'nightly')).toBe('r1');
    expect(scheduler.asked).toEqual(['runJob nightly']);
  });

  it('with wait answers when the run has ended', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    scheduler.runs = [runUnderWay('r1')];
    let hasAnswered = false;
    const answered = answer(scheduler, 'runJob', 'nightly', true).finally(() => {
      hasAnswered = true;
    });
    await new Promise(setImmediate);
    expect(hasAnswered).toBe(false);
    scheduler.end(run('r1'));
    expect(await answered).toBe('r1');
  });

  it('refuses what max_instances refuse, unless with force', async () => {
    const scheduler = new FakeScheduler(job('nightly', { activeRuns: [runUnderWay('r0')] }));
    expect(await answer(scheduler, 'runJob', 'nightly', false)).toBe(
      'fault 91 STILL_RUNNING: Job "nightly" has already reached its maximum number of instances',
    );
    expect(await answer(scheduler, 'runJob', 'nightly', false, true)).toBe('r1');
  });

  it('answers SHUTDOWN_STATE if the daemon leaves meanwhile', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    scheduler.runs = [runUnderWay('r1')];
    const answered = answer(scheduler, 'getRun', 'r1', true);
    await new Promise(setImmediate);
    scheduler.leave();
    expect(await answered).toBe('fault 6 SHUTDOWN_STATE');
  });
});

describe('runs', () => {
  const failed = run('r1', { state: 'FAILED', exitStatus: 3, error: 'exit status 3 is not expected' });
  const killed = run('r1', { attempt: 2, state: 'FAILED', exitStatus: undefined, signal: 9 });

  it('are told with all their attempts', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    scheduler.runs = [failed, killed];
    expect(await answer(scheduler, 'getRun', 'r1')).toMatchObject({
      attempt: 2,
      signal: 9,
      signalname: 'SIGKILL',
      exitstatus: -1,
      attempts: [{ attempt: 1, exitstatus: 3, error: 'exit status 3 is not expected' }, { attempt: 2 }],
    });
    expect(await answer(scheduler, 'getRun', 'r9')).toBe(
      'fault 10 BAD_NAME: No run by the id of r9 was found',
    );
  });

  it('of a job that is gone are told in the zone of the scheduler', async () => {
    const scheduler = new FakeScheduler();
    scheduler.runs = [failed];
    expect(await answer(scheduler, 'getRuns', 'nightly')).toMatchObject([
      { fire_time_iso: '2026-03-27T01:30:00+00:00' },
    ]);
  });

  it('are newest first, in parts, and as the filter says', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    scheduler.runs = [failed, run('r2'), run('r3', { state: 'MISSED', count: 12 }), runUnderWay('r4')];
    const ids = async (...params: XmlRpcValue[]) =>
      ((await answer(scheduler, 'getRuns', ...params)) as readonly { id: string }[]).map(({ id }) => id);
    expect(await ids()).toEqual(['r4', 'r3', 'r2', 'r1']);
    expect(await ids('nightly', 1, 2)).toEqual(['r3', 'r2']);
    expect(await ids('', 0, 9, struct({ states: ['failed', 'active'] }))).toEqual(['r4', 'r1']);
    expect(await ids('', 0, 9, struct({ states: ['MISSED'] }))).toEqual(['r3']);
    expect(await ids('', 0, 9, struct({ states: [] }))).toEqual([]);
  });

  it('refuse a filter, a part and a name that there is not', async () => {
    const scheduler = new FakeScheduler();
    expect(await answer(scheduler, 'getRuns', '', 0, 0)).toBe(
      'fault 3 BAD_ARGUMENTS: 0 is not between 1 and 10000',
    );
    expect(await answer(scheduler, 'getRuns', '', -1)).toMatch(/^fault 3 BAD_ARGUMENTS: -1 is not between 0/);
    expect(await answer(scheduler, 'getRuns', '', 0, 1, struct({ states: ['LATE'] }))).toMatch(
      /^fault 3 BAD_ARGUMENTS: LATE is no state of runs: SUCCESS, .*, active, failed$/,
    );
    expect(await answer(scheduler, 'getRuns', '', 0, 1, struct({ node: 'a' }))).toBe(
      'fault 3 BAD_ARGUMENTS: no filter goes by node',
    );
    expect(await answer(scheduler, 'getRuns', 'nosuch')).toBe(
      'fault 10 BAD_NAME: No job by the id of nosuch was found',
    );
  });

  it('are CANCELLED when they are stopped, and only while they are under way', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    scheduler.runs = [runUnderWay('r1')];
    expect(await answer(scheduler, 'stopRun', 'r1')).toMatchObject({
      id: 'r1',
      state: 'CANCELLED',
      active: false,
    });
    expect(await answer(scheduler, 'stopRun', 'r1')).toBe('fault 70 NOT_RUNNING: Run r1 has ended');
  });
});

describe('scheduler.readRunLog', () => {
  const scheduler = new FakeScheduler(job('nightly'));
  scheduler.runs = [runUnderWay('r1')];
  const read = (...params: XmlRpcValue[]) => answer(scheduler, 'readRunLog', 'r1', 'stdout', ...params);

  function writes(bytes: Buffer, isComplete = false): void {
    scheduler.logs.set('r1 1 stdout', { bytes, isComplete, growing: [] });
  }

  it('goes on from where it has come to', async () => {
    writes(Buffer.from('hello world'), true);
    expect(await read(0, 5)).toEqual({
      text: 'hello',
      offset: 5,
      size: 11,
      complete: false,
      truncated: false,
    });
    expect(await read(5, 0)).toEqual({
      text: ' world',
      offset: 11,
      size: 11,
      complete: true,
      truncated: false,
    });
    expect(await read(11, 0)).toMatchObject({ text: '', offset: 11, complete: true });
  });

  it('leaves a character that is not there as a whole for the next time', async () => {
    const euro = Buffer.from('a€');
    writes(euro.subarray(0, 3));
    expect(await read(0, 0)).toMatchObject({ text: 'a', offset: 1 });
    expect(await read(1, 0)).toMatchObject({ text: '', offset: 1 });
    writes(euro);
    expect(await read(1, 0)).toMatchObject({ text: '€', offset: 4 });
    // Who asks for less than a character is not held up.
    expect(await read(1, 2)).toMatchObject({ text: '\ufffd', offset: 3 });
    writes(euro.subarray(0, 3), true);
    expect(await read(1, 0)).toMatchObject({ text: '\ufffd', offset: 3, complete: true });
  });

  it('refuses channels and offsets that there are not', async () => {
    expect(await answer(scheduler, 'readRunLog', 'r1', 'stdin', 0, 0)).toBe(
      'fault 3 BAD_ARGUMENTS: stdin is no channel: stdout or stderr',
    );
    expect(await read(-1, 0)).toMatch(/^fault 3 BAD_ARGUMENTS: -1 is not between 0/);
    expect(await answer(scheduler, 'readRunLog', 'r1', 'stderr', 0, 0)).toMatch(/^fault 20 NO_FILE/);
  });
});

describe('scheduler.getNextFireTimes', () => {
  it('is of a job or of keys, and from a time in seconds or as text', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    expect(await answer(scheduler, 'getNextFireTimes', 'nightly', 1)).toMatchObject({
      trigger: "cron[hour='2', minute='30']",
      timezone: 'Europe/Berlin',
      fire_times: [1774661400],
    });
    await answer(scheduler, 'getNextFireTimes', struct({ hour: '2', id: 'x' }), 2, 1774661400.5);
    await answer(scheduler, 'getNextFireTimes', 'nightly', 2, '2026-03-28T02:30:00+01:00');
    await answer(scheduler, 'getNextFireTimes', 'nightly', 2, '');
    expect(scheduler.asked).toEqual([
      'getNextFireTimes nightly 1',
      'getNextFireTimes hour=2 2 2026-03-28T01:30:00.500Z',
      'getNextFireTimes nightly 2 2026-03-28T01:30:00.000Z',
      'getNextFireTimes nightly 2',
    ]);
  });

  it('refuses times that are none', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    for (const time of ['tomorrow', '2026-03-28', '2026-03-28T02:30:00', 1e300]) {
      expect(await answer(scheduler, 'getNextFireTimes', 'nightly', 2, time)).toMatch(
        /^fault 3 BAD_ARGUMENTS: .* is no time: seconds since 1970, or ISO 8601 with an offset$/,
      );
    }
    expect(await answer(scheduler, 'getNextFireTimes', 'nightly', 1001)).toMatch(
      /^fault 3 BAD_ARGUMENTS: 1001/,
    );
  });
});

describe('the scheduler', () => {
  it('tells its state with APScheduler’s code', async () => {
    const scheduler = new FakeScheduler(job('nightly'));
    scheduler.runs = [runUnderWay('r1')];
    expect(await answer(scheduler, 'getState')).toEqual({
      statecode: 1,
      statename: 'RUNNING',
      problem: '',
      node: 'a',
      timezone: 'UTC',
      store: 'memory',
      jobs: 1,
      active_runs: 1,
    });
    scheduler.state = { state: 'UNAVAILABLE', problem: 'Cannot open /x: it is locked' };
    expect(await answer(scheduler, 'getState')).toMatchObject({
      statecode: 3,
      problem: 'Cannot open /x: it is locked',
    });
  });

  it('is paused and resumed', async () => {
    const scheduler = new FakeScheduler();
    expect(await answer(scheduler, 'pause')).toBe(true);
    expect(await answer(scheduler, 'resume')).toBe(true);
    expect(await answer(scheduler, 'removeAllJobs')).toBe(0);
    expect(scheduler.asked).toEqual(['pause', 'resume', 'removeAllJobs']);
  });
});
