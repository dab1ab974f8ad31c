/**
 * Runs a program as precompiled.ts does, and when it ends writes what V8 has compiled of it: what was called, and
 * nothing else, so that a start does not read what it does not need.
 *
 *     node scripts/record-compiled.ts PROGRAM.cjs FILE NAME WORDS…
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { Script } from 'node:vm';

const [, , filename = '', output = ''] = process.argv;
process.argv.splice(2, 2);
const script = new Script(readFileSync(filename, 'latin1'), { filename });
process.on('exit', () => writeFileSync(output, script.createCachedData()));
script.runInThisContext()(
  (id: string) => process.getBuiltinModule(id),
  (specifier: string) => import(specifier),
);
