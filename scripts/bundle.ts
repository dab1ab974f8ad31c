/** Bundles each command into one file in dist/, for installed packages. */
import { type BuildOptions, build } from 'esbuild';

const common: BuildOptions = {
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  legalComments: 'linked',
  // Native code and what finds its own files at run time stay packages of their own.
  external: ['koffi'],
};

await build({
  ...common,
  entryPoints: {
    supervisorctl: 'ctl/main.ts',
    echo_supervisord_conf: 'conf/echo-main.ts',
    pidproxy: 'daemon/pidproxy.ts',
  },
  splitting: true,
  format: 'esm',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

// The daemon runs for years, and holds all of this all the time: see docs/decisions/0016-memory.md. An `import` of
// one of Node's modules reads each of its exports, also those that load more only then; so there is none.
await build({
  ...common,
  entryPoints: { supervisord: 'daemon/main.ts' },
  format: 'cjs',
  minifyWhitespace: true,
  lineLimit: 120,
  alias: { 'node:process': './scripts/node-process.ts' },
  banner: {
    js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
  },
});
