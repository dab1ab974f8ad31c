/**
 * Bundles each command for installed packages:
 *
 *     node scripts/bundle.ts [DIRECTORY]     dist/ unless given; what is there is removed
 */
import { rmSync } from 'node:fs';
import { argv } from 'node:process';
import { build } from 'esbuild';
import { precompile } from './precompile.ts';
import { startStandIn } from './stand-in.ts';

const [, , outdir = 'dist'] = argv;
// Names contain hashes: what an earlier build made would stay.
rmSync(outdir, { recursive: true, force: true });

await build({
  entryPoints: {
    supervisord: 'daemon/main.ts',
    echo_supervisord_conf: 'conf/echo-main.ts',
    pidproxy: 'daemon/pidproxy.ts',
  },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  legalComments: 'linked',
  // Native code and what finds its own files at run time stay packages of their own.
  external: ['koffi'],
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

await using standIn = await startStandIn();
await precompile({
  name: 'supervisorctl',
  source: 'ctl/main.ts',
  outdir,
  words: ['-c', standIn.configurationFile],
  input: 'status\nstop web:web_1\nstart web:web_1\nrestart web:web_1\npid web:web_1\nexit\n',
});
