/** Configurations as people write them, with our small programs in the place of theirs. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { env, getuid, kill } from 'node:process';
import { waitFor } from '../../support/wait-for.ts';
import { activityLines, linesAbout } from '../steps/activity-lines.ts';
import { command, commandInAnyOrder, runCtl } from '../steps/command-lines.ts';
import { compareDaemons } from '../steps/compare-daemons.ts';
import { program, programSection } from '../steps/programs.ts';
import { output, states } from '../steps/states.ts';

const isRoot = getuid?.() === 0;
const asWebUser = isRoot ? ['user=www-data'] : [];

function isAlive(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const workers = (numprocs: number) =>
  programSection(
    'laravel-worker',
    'process_name=%(program_name)s_%(process_num)02d',
    `command=${program('works-for-a-while')} %(process_num)d`,
    'directory=/tmp',
    ...asWebUser,
    `numprocs=${numprocs}`,
    'autostart=true',
    'autorestart=true',
    'stopasgroup=true',
    'killasgroup=true',
    'stopwaitsecs=3600',
    'redirect_stderr=true',
    'stdout_logfile=%(here)s/worker.log',
    'stdout_logfile_maxbytes=10MB',
    'stdout_logfile_backups=5',
  );

compareDaemons('queue workers', {
  configuration: workers(4),
  environment: { HOME: '/root' },
  steps: [
    {
      name: 'a worker that has done its share is back at once',
      async run(daemon) {
        const worker = 'laravel-worker_00';
        await waitFor(
          async () =>
            (await linesAbout(daemon, worker)).filter((line) => line.includes('spawned')).length === 3,
        );
        return (await linesAbout(daemon, worker)).slice(0, 7);
      },
    },
    command('status laravel-worker:laravel-worker_01 laravel-worker:laravel-worker_02'),
    { name: 'names of the workers', run: async (daemon) => (await runCtl(daemon, 'real', ['avail'])).lines },
    {
      name: 'what the workers have in common',
      run: (daemon) =>
        [...new Set(readFileSync(join(daemon.dir, 'worker.log'), 'utf8').split('\n'))].toSorted(),
    },
    commandInAnyOrder('restart laravel-worker:*'),
    {
      name: 'reread after a change of numprocs',
      async run(daemon) {
        daemon.configure(workers(6));
        return await runCtl(daemon, 'real', ['reread']);
      },
    },
    command('update'),
    states({ 'laravel-worker:laravel-worker_05': 'RUNNING' }),
    command('stop laravel-worker:laravel-worker_05'),
  ],
});

compareDaemons('an application server', {
  configuration: programSection(
    'shop',
    `command=${program('tells-how-it-runs')} shop.wsgi:application`,
    '    --bind unix:/run/shop/gunicorn.sock',
    '    --workers 4',
    '    ; number of threads per worker',
    '    --threads 2',
    'directory=/tmp',
    ...asWebUser,
    'umask=007',
    'environment=DJANGO_SETTINGS_MODULE="shop.settings",PATH="/srv/shop/venv/bin:%(ENV_PATH)s",SECRET="p%%ct#1,2"',
    'stopsignal=TERM',
    'startsecs=2',
    'autostart=false',
    'stdout_logfile=%(here)s/out.log',
    'stderr_logfile=%(here)s/err.log',
  ),
  environment: { HOME: '/root', USER: 'root' },
  steps: [
    {
      name: 'start waits for startsecs',
      async run(daemon) {
        const begin = performance.now();
        const answer = await runCtl(daemon, 'real', ['start', 'shop']);
        return { answer, hasWaited: performance.now() - begin > 2000 };
      },
    },
    output('shop', 'end\n'),
    {
      name: 'a log directory that does not exist',
      async run(daemon) {
        daemon.configure('[program:shop]\ncommand=/bin/cat\nstdout_logfile=/no/such/log/shop/out.log\n');
        return await runCtl(daemon, 'real', ['reread']);
      },
    },
  ],
});

compareDaemons('a worker and its clock in a group', {
  configuration: [
    programSection(
      'celery-worker',
      `command=${program('tells-how-it-runs')} -A app worker -n worker@%%h`,
      'priority=10',
      'stopwaitsecs=600',
      'killasgroup=true',
      'stopsignal=TERM',
      'startsecs=1',
      'redirect_stderr=true',
      'stdout_logfile=%(here)s/worker.log',
    ),
    programSection(
      'celery-beat',
      'command=/bin/cat',
      'priority=20',
      'stdout_logfile=%(here)s/beat.log',
      'redirect_stderr=true',
    ),
    '[group:celery]\nprograms=celery-worker,celery-beat\npriority=900\n',
  ].join(''),
  supervisord: 'loglevel=debug',
  environment: { HOME: '/root', USER: 'root' },
  steps: [
    states({ 'celery:celery-worker': 'RUNNING', 'celery:celery-beat': 'RUNNING' }),
    command('status'),
    command('status celery-worker'),
    command('stop celery-beat'),
    output('celery:celery-worker', 'end\n'),
    commandInAnyOrder('stop celery:'),
    {
      name: 'starts and stop signals, in order',
      run: async (daemon) => (await activityLines(daemon)).filter((line) => /spawned|killing/.test(line)),
    },
  ],
});

const hosts = '%(here)s/hosts/no-host-of-this-name.ini';
compareDaemons('includes for each environment', {
  configuration: `[include]\nfiles = %(here)s/programs/*.ini\n        ${hosts}\n`,
  supervisord: 'environment=APP_ENV="production",LOGROOT="%(here)s"',
  environment: { API_PROCS: '2', HOME: '/root', USER: 'root' },
  prepare(daemon) {
    mkdirSync(join(daemon.dir, 'programs'));
    writeFileSync(
      join(daemon.dir, 'programs', '10-api.ini'),
      programSection(
        'api',
        `command=${program('tells-how-it-runs')} %(here)s/../bin/api --env=%(ENV_APP_ENV)s`,
        'stdout_logfile=%(ENV_LOGROOT)s/api-%(process_num)d.log',
        'numprocs=%(ENV_API_PROCS)s',
        'process_name=api_%(process_num)d',
        'startsecs=0',
      ),
    );
  },
  steps: [
    states({ 'api:api_0': 'RUNNING', 'api:api_1': 'RUNNING' }),
    output('api:api_1', 'end\n'),
    {
      name: 'what is logged of includes',
      run: async (daemon) => (await activityLines(daemon)).filter((line) => /include/i.test(line)),
    },
    {
      name: 'a variable that an included file lacks',
      async run(daemon) {
        const file = join(daemon.dir, 'programs', '20-more.ini');
        writeFileSync(file, programSection('more', 'command=/bin/cat', 'numprocs=%(ENV_MORE_PROCS)s'));
        const { lines, exitCode } = await runCtl(daemon, 'real', ['reread']);
        // What follows lists the names there are, which are the machine's.
        return { exitCode, text: lines.join('\n').replace(/Available names.*?(?= in section)/s, '') };
      },
    },
  ],
});

compareDaemons('one-shot job, manual tool and legacy daemon', {
  configuration: [
    programSection(
      'migrate',
      `command=${program('exits-with-status')} 0`,
      'startsecs=0',
      'autorestart=false',
      'priority=1',
    ),
    programSection('failed', `command=${program('exits-with-status')} 4`, 'startsecs=0', 'autorestart=false'),
    programSection(
      'console',
      `command=${program('exits-with-status')} 1`,
      'autostart=false',
      'startretries=0',
      'startsecs=2',
    ),
    programSection('missing', 'command=/srv/app/bin/console', 'autostart=false', 'startretries=0'),
    programSection(
      'mysql',
      `command=%(here)s/pidproxy %(here)s/mysqld.pid ${program('has-a-daemon')} %(here)s/mysqld.pid`,
      'autorestart=unexpected',
      'exitcodes=0,2',
    ),
  ].join(''),
  prepare(daemon) {
    const bin =
      daemon.implementation === 'real' ? '/usr/bin' : (env['SUPERVISORD_TEST_BIN'] ?? resolve('bin'));
    symlinkSync(join(bin, 'pidproxy'), join(daemon.dir, 'pidproxy'));
  },
  steps: [
    states({ migrate: 'EXITED', failed: 'EXITED', mysql: 'RUNNING' }),
    command('status'),
    {
      name: 'lines about the job and its failure',
      run: async (daemon) =>
        [...(await linesAbout(daemon, 'migrate')), ...(await linesAbout(daemon, 'failed'))].filter(
          (line) => !line.startsWith('INFO success'),
        ),
    },
    command('start console'),
    command('start missing'),
    command('status console missing'),
    {
      name: 'pidproxy passes TERM on to the pid in the file',
      async run(daemon) {
        const file = join(daemon.dir, 'mysqld.pid');
        await waitFor(() => readFileSync(file, 'utf8') !== '');
        const pid = Number(readFileSync(file, 'utf8'));
        const wasAlive = isAlive(pid);
        const answer = await runCtl(daemon, 'real', ['stop', 'mysql']);
        await waitFor(() => !isAlive(pid), { what: 'the end of the legacy daemon' });
        return { wasAlive, answer };
      },
    },
  ],
});
