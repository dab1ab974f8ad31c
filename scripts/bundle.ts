/** Bundles each command into one file in dist/, for installed packages. */
import { build } from 'esbuild';

const entries = {
  supervisord: 'daemon/main.ts',
  supervisorctl: 'ctl/main.ts',
  echo_supervisord_conf: 'conf/echo-main.ts',
  pidproxy: 'daemon/pidproxy.ts',
};

await build({
  entryPoints: entries,
  outdir: 'dist',
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
