/**
 * Completes package-lock.json after `npm install` against a registry that holds packages for Linux alone.
 *
 * Some development tools name one optional package for each platform. npm leaves out of the lock file those
 * that its registry does not have, and `npm ci` then refuses the lock file. This adds an entry for each of
 * them: npm skips it on every platform but its own.
 *
 *     node scripts/complete-lock-file.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const systems = [
  'android',
  'darwin',
  'win32',
  'freebsd',
  'openbsd',
  'netbsd',
  'sunos',
  'aix',
  'openharmony',
  'linux',
];
const processors = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32'];

const file = new URL('../package-lock.json', import.meta.url);
const lock: { packages: Record<string, Entry> } = JSON.parse(readFileSync(file, 'utf8'));
const packages = new Map(Object.entries(lock.packages));

for (const [path, entry] of [...packages]) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isPresent(path, name)) continue;
    packages.set(`node_modules/${name}`, stub(name, version, entry.dev === true));
    console.log(`added ${name} ${version}`);
  }
}
lock.packages = Object.fromEntries([...packages].sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);

/** Whether a package finds another, looking upwards as Node does. */
function isPresent(from: string, name: string): boolean {
  for (let path = from; path !== ''; ) {
    if (packages.has(`${path}/node_modules/${name}`)) return true;
    path = path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/')));
  }
  return packages.has(`node_modules/${name}`);
}

/** The platform is in the name. */
function stub(name: string, version: string, isDev: boolean): Entry {
  const words = new Set(name.split(/[^a-z0-9]+/));
  const os = systems.filter((system) => words.has(system));
  const cpu = processors.filter((processor) => words.has(processor));
  const isMusl = words.has('musl') || words.has('musleabihf');
  const isGlibc = words.has('gnu') || words.has('gnueabihf');
  return {
    version,
    ...(isDev ? { dev: true } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(isMusl ? { libc: ['musl'] } : isGlibc ? { libc: ['glibc'] } : {}),
  };
}
