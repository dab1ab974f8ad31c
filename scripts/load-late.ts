import { resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

export interface LateFile {
  /** Its name in the directory of the bundle, without `.cjs`. */
  readonly name: string;
  /** By source, such as `conf/stored-schedule.ts`, the functions that the bundle calls. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
}

/**
 * Has functions come from another file of the directory of the bundle, which is read when one of them is called first:
 * that call can return what it returns, where a dynamic import would be a promise. Both sides have copies of what they
 * share, so neither may ask for the class of what the other one has thrown.
 */
export function loadLate({ name, functions }: LateFile): Plugin {
  const stubs = new Map(
    Object.entries(functions).map(([source, names]) => [
      resolve(source),
      names
        .map(
          (each) => `export function ${each}(...args) { return require('./${name}.cjs').${each}(...args); }`,
        )
        .join('\n'),
    ]),
  );
  return {
    name: 'load-late',
    setup: ({ onLoad, onResolve }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = stubs.get(path);
        return contents === undefined ? undefined : { contents, loader: 'js' };
      });
      onResolve({ filter: /^\.\/.*\.cjs$/ }, ({ path }) =>
        path === `./${name}.cjs` ? { path, external: true } : undefined,
      );
    },
  };
}

/** Makes the file that {@link loadLate} speaks of. */
export async function buildLate({ name, functions }: LateFile, options: BuildOptions): Promise<void> {
  const exports = Object.entries(functions).map(
    ([source, names]) => `export { ${names.join(', ')} } from './${source}';`,
  );
  await build({
    ...options,
    stdin: { contents: exports.join('\n'), resolveDir: resolve('.'), sourcefile: name },
    outExtension: { '.js': '.cjs' },
    entryNames: name,
  });
}
