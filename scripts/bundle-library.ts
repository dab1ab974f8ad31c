import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';

/**
 * Bundles the library of schedules: `schedule.js` in `outdir`, and its types in the folder beside it.
 *
 * @throws the types cannot be made
 */
export async function bundleLibrary(outdir: string): Promise<void> {
  await build({
    entryPoints: { schedule: 'schedule/index.ts' },
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    legalComments: 'linked',
    // Only a store in Redis needs it, which loads it then.
    external: ['ioredis'],
  });
  const types = join(outdir, 'schedule');
  await execa('tsc', ['--project', 'schedule', '--outDir', types], { preferLocal: true });
  for (const name of readdirSync(types, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = join(types, name);
    // What is installed has no `.ts` that these could be of.
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/(['"])(\.\.?\/[^'"]*)\.ts\1/g, '$1$2.js$1'));
  }
}
