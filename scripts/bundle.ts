/**
 * Bundles each command, and the library of schedules, for installed packages:
 *
 *     node scripts/bundle.ts [DIRECTORY]     dist/ unless given; what is there is removed
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { type BuildOptions, build } from 'esbuild';
import { bundleLibrary } from './bundle-library.ts';
import { importApart } from './import-apart.ts';
import { lateBuiltins } from './late-builtins.ts';
import { buildLate, type LateFile, loadLate } from './load-late.ts';
import { precompile } from './precompile.ts';
import { requireAscii } from './require-ascii.ts';
import { startStandIn } from './stand-in.ts';

const [, , destination = 'dist'] = argv;
if (existsSync(destination) && !existsSync(join(destination, 'supervisord.js'))) {
  throw new Error(`${destination} is there, and is not what an earlier build has made`);
}
// Beside it: a build that fails leaves things as they were.
const outdir = `${destination}.new`;
rmSync(outdir, { recursive: true, force: true });

const common: BuildOptions = {
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  legalComments: 'linked',
  // Native code and what finds its own files at run time stay packages of their own; so does what few have.
  external: ['koffi', 'ioredis'],
};

await build({
  ...common,
  entryPoints: {
    echo_supervisord_conf: 'conf/echo-main.ts',
    pidproxy: 'daemon/pidproxy.ts',
    'supervisord-check': 'conf/check.ts',
    'supervisord-help': 'daemon/help.ts',
    'supervisord-password': 'daemon/password-hash.ts',
    'supervisorctl-schedule': 'ctl/commands/schedule.ts',
    'supervisord-schedules': 'daemon/schedule/service.ts',
  },
  splitting: true,
  format: 'esm',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

// The daemon runs for years, and holds all of this all the time: see docs/decisions/0016-memory.md. An `import` of
// one of Node's modules reads each of its exports, also those that load more only then; so there is none.
const resident: BuildOptions = {
  ...common,
  format: 'cjs',
  minifyWhitespace: true,
  lineLimit: 120,
  inject: ['./scripts/node-perf-hooks.ts'],
  alias: { 'node:process': './scripts/node-process.ts', 'node:perf_hooks': './scripts/node-perf-hooks.ts' },
};
const schedules: LateFile = {
  name: 'supervisord-schedule-sections',
  functions: {
    'conf/schedule-origins.ts': ['originsOf'],
    'conf/schedule-sections.ts': ['readScheduleSections'],
    'conf/stored-schedule.ts': ['readStoredSchedule', 'valuesOf', 'withoutTrigger'],
  },
};
await build({
  ...resident,
  entryPoints: { supervisord: 'daemon/main.ts' },
  plugins: [
    importApart({
      'conf/check.ts': 'supervisord-check.js',
      'daemon/help.ts': 'supervisord-help.js',
      'daemon/password-hash.ts': 'supervisord-password.js',
      'daemon/schedule/service.ts': 'supervisord-schedules.js',
    }),
    loadLate(schedules),
    lateBuiltins(['crypto', 'dns/promises', 'zlib']),
  ],
  banner: {
    js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
  },
});
await buildLate(schedules, resident);
for (const file of ['supervisord.js', `${schedules.name}.cjs`]) requireAscii(join(outdir, file));

await bundleLibrary(outdir);

await using standIn = await startStandIn();
await precompile({
  name: 'supervisorctl',
  source: 'ctl/main.ts',
  outdir,
  words: ['-c', standIn.configurationFile],
  plugins: [importApart({ 'ctl/commands/schedule.ts': 'supervisorctl-schedule.js' })],
  input: 'status\nstop web:web_1\nstart web:web_1\nrestart web:web_1\npid web:web_1\nreread\nupdate\nexit\n',
});

rmSync(destination, { recursive: true, force: true });
renameSync(outdir, destination);
