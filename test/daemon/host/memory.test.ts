import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { mappingsOfFiles, programMappings, releasePages } from '../../../daemon/host/libc/memory.ts';

/** KiB of files that are mapped and in memory. */
function residentFilePages(): number {
  return Number(/^RssFile:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
}

it('lets go of the program, which runs on', () => {
  const before = residentFilePages();
  const mappings = programMappings();
  releasePages(mappings);
  expect(residentFilePages()).toBeLessThan(before / 2);
  // Code that has not run before, and code that has.
  expect(brotliCompressSync(Buffer.alloc(100_000)).length).toBeLessThan(1000);
  expect(programMappings()).toEqual(mappings);
});

it('leaves alone what the loader has written to', () => {
  const addresses = new Set(programMappings().map(({ start }) => start));
  const relocated: number[] = [];
  for (const mapping of readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const isOfFile = /^\S+ \S+ \S+ \S+ \d+ +\//.test(mapping);
    if (isOfFile && !/^Private_Dirty: +0 kB$/m.test(mapping)) relocated.push(Number.parseInt(mapping, 16));
  }
  expect(relocated.length).toBeGreaterThan(0);
  expect(relocated.filter((address) => addresses.has(address))).toEqual([]);
});

it('leaves alone what the loader has written to, wherever that is now', () => {
  const mapping = (figures: string, flags: string): string =>
    `7f0000001000-7f0000002000 r--p 00001000 fd:00 7 /usr/lib/libm.so.6\n${figures}\nVmFlags: ${flags}\n`;
  const inFile = 'Anonymous:             0 kB\nSwap:                  0 kB';
  expect(mappingsOfFiles(mapping(inFile, 'rd mr mw me sd'))).toHaveLength(1);
  expect(mappingsOfFiles(mapping(inFile, 'rd mr mw me ac sd'))).toEqual([]);
  const inMemory = 'Anonymous:             4 kB\nSwap:                  0 kB';
  expect(mappingsOfFiles(mapping(inMemory, 'rd mr mw me sd'))).toEqual([]);
  const swappedOut = 'Anonymous:             0 kB\nSwap:                  4 kB';
  expect(mappingsOfFiles(mapping(swappedOut, 'rd mr mw me sd'))).toEqual([]);
});
