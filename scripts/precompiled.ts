/**
 * The entry point in dist/ of a command that {@link ./precompile.ts} has compiled: runs the program that lies beside it
 * with what V8 had compiled of it when the package was built. That spares each start the parsing and compiling.
 *
 * The compiled code is a part of the package like the source, and nothing is written where it is used. V8 takes it from
 * a runtime of the same version and architecture, and else compiles the source as if there were none.
 */
/** Name of the files, without their endings; the bundler puts it in. */
declare const PROGRAM: string;

type Program = (
  require: (id: string) => unknown,
  importModule: (specifier: string) => Promise<unknown>,
) => void;

// An import statement would evaluate every export of a built-in module, and load what is behind them.
const { readFileSync } = process.getBuiltinModule('node:fs');
const { Script } = process.getBuiltinModule('node:vm');

const file = `${__dirname}/${PROGRAM}`;
const script = new Script(readFileSync(`${file}.cjs`, 'latin1'), {
  filename: `${file}.cjs`,
  cachedData: compiledCode(),
});
const program: Program = script.runInThisContext();
program(
  (id) => process.getBuiltinModule(id),
  (specifier) => import(specifier),
);

/** Without it the program runs all the same. */
function compiledCode(): Buffer | undefined {
  try {
    return readFileSync(`${file}.v8`);
  } catch {
    return undefined;
  }
}
