/**
 * Fails unless V8 takes the code that record-compiled.ts has written. In a process of its own, since the one that has
 * compiled a program knows it anyway.
 *
 *     node scripts/check-compiled.ts PROGRAM.cjs FILE
 */
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { Script } from 'node:vm';

const [, , filename = '', compiled = ''] = argv;
const cachedData = readFileSync(compiled);
const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
if (script.cachedDataRejected !== false) throw new Error(`V8 does not take ${compiled}`);
