import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Has functions of Node's modules come from there when they are called first: a module that is needed now and then, or
 * never, is not loaded before. What else it exports cannot be imported from it any more, and fails the build.
 *
 * @param names without `node:`
 */
export function lateBuiltins(names: readonly string[]): Plugin {
  const unknown = names.filter((name) => !isBuiltin(name));
  if (unknown.length > 0) throw new Error(`not modules of Node: ${unknown}`);
  return {
    name: 'late-builtins',
    setup: ({ onLoad, onResolve }) => {
      onResolve({ filter: /.*/ }, ({ path, namespace }) => {
        const name = path.replace(/^node:/, '');
        return namespace !== late && names.includes(name) ? { path: name, namespace: late } : undefined;
      });
      onLoad({ filter: /.*/, namespace: late }, async ({ path }) => {
        const exports = Object.entries(await import(`node:${path}`));
        const functions = exports.flatMap(([name, value]) => (typeof value === 'function' ? name : []));
        const stubs = functions
          .filter((name) => name !== 'default')
          .map((name) => `export function ${name}(...args) { return load().${name}(...args); }`);
        return {
          contents: [`let loaded; const load = () => loaded ??= require('node:${path}');`, ...stubs].join(
            '\n',
          ),
        };
      });
    },
  };
}

const late = 'late-builtin';
