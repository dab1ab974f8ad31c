/** Bundles a command that is started often, and compiles it ahead. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execPath } from 'node:process';
import { build, type Plugin } from 'esbuild';
import { execa } from 'execa';
import { requireAscii } from './require-ascii.ts';

export interface PrecompileOptions {
  /** The command's name; its entry point is `NAME.cjs`. */
  readonly name: string;
  /** Its source. */
  readonly source: string;
  readonly outdir: string;
  /** The words of a run that calls what most runs call, and what it reads from stdin. */
  readonly words: readonly string[];
  readonly input: string;
  readonly plugins: Plugin[];
}

/**
 * Makes three files: the program as one function of `require` and `importModule`, what V8 compiles of it in a run, and
 * the entry point that brings both together. A hash in the names keeps compiled code from being taken for that of
 * another program.
 */
export async function precompile(options: PrecompileOptions): Promise<void> {
  const { name, source, outdir, words, input, plugins } = options;
  const { metafile } = await build({
    entryPoints: { [name]: source },
    outdir,
    entryNames: '[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    metafile: true,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    // Each start reads it, though little of it is compiled.
    minifyWhitespace: true,
    lineLimit: 120,
    alias: { 'node:process': './scripts/node-process.ts' },
    // It is read as Latin-1, which is the fastest.
    charset: 'ascii',
    legalComments: 'linked',
    banner: { js: '(function (require, importModule) {' },
    footer: { js: '})' },
    plugins,
  });
  const output = Object.keys(metafile.outputs).find((path) => path.endsWith('.cjs')) ?? '';
  requireAscii(output);
  const program = basename(output, '.cjs');
  // What is compiled by hand cannot import, without a warning that this is an experiment.
  writeFileSync(output, readFileSync(output, 'utf8').replaceAll(/\bimport\(/g, 'importModule('));
  await build({
    entryPoints: { [name]: join(import.meta.dirname, 'precompiled.ts') },
    outdir,
    // A CommonJS module starts sooner than an ES module.
    outExtension: { '.js': '.cjs' },
    define: { PROGRAM: JSON.stringify(program) },
    format: 'cjs',
    platform: 'node',
    target: 'node24',
  });
  // Under the name that other commands have.
  writeFileSync(join(outdir, `${name}.js`), `import './${name}.cjs';\n`);
  const files = [join(outdir, `${program}.cjs`), join(outdir, `${program}.v8`)];
  const script = (file: string) => join(import.meta.dirname, file);
  await execa(execPath, [script('record-compiled.ts'), ...files, name, ...words], { input });
  // Code that V8 does not take is no error where it is used, only slow.
  await execa(execPath, [script('check-compiled.ts'), ...files]);
}
