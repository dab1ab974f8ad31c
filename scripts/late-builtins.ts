import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const late = 'late-builtin';

/**
 * Has functions of Node's modules come from there when they are called first: a module that is needed now and then, or
 * never, is not loaded before. What else a module exports, such as classes, cannot be imported from it any more.
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
        const functions = functionsOf(await import(`node:${path}`));
        const load = `let loaded; const load = () => loaded ??= require('node:${path}');`;
        const stubs = functions.map(
          (name) => `export function ${name}(...args) { return load().${name}(...args); }`,
        );
        return { contents: [load, ...stubs].join('\n') };
      });
    },
  };
}

/** Those that can be called, and not only constructed. */
function functionsOf(exports: Readonly<Record<string, unknown>>): string[] {
  const isFunction = (name: string): boolean => typeof exports[name] === 'function' && /^[a-z]/.test(name);
  return Object.keys(exports).filter((name) => name !== 'default' && isFunction(name));
}
