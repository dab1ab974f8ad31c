import { resolve } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Has dynamic imports of sources go to other files in the directory of the bundle: what few need is not read by the
 * others. Both sides have copies of the classes they share.
 *
 * @param apart by source, such as `daemon/schedule/service.ts`, the file that has what it exports
 */
export function importApart(apart: Readonly<Record<string, string>>): Plugin {
  const files = new Map(Object.entries(apart).map(([source, file]) => [resolve(source), file]));
  return {
    name: 'import-apart',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, kind }) => {
        const file = kind === 'dynamic-import' ? files.get(resolve(resolveDir, path)) : undefined;
        return file === undefined ? undefined : { path: `./${file}`, external: true };
      }),
  };
}
