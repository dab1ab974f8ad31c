import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CtlPluginSettings } from '../../conf/settings.ts';
import type { PluginFactory } from './plugin.ts';
import { refuseUnsafe } from './refuse-unsafe.ts';

/** Plug-ins in Python that are used much: what they do can be had here too, under their own names. */
const wellKnown: ReadonlyMap<string, () => Promise<PluginFactory>> = new Map([
  [
    'supervisorwildcards.controllerplugin:make_wildcards_controllerplugin',
    async () => (await import('./wildcards.ts')).makeWildcards,
  ],
  ['supervisor_quick:make_quick_controllerplugin', async () => (await import('./quick.ts')).makeQuick],
  [
    'supervisorserialrestart.controllerplugin:make_serialrestart_controllerplugin',
    async () => (await import('./serial-restart.ts')).makeSerialRestart,
  ],
]);

/**
 * Finds what `supervisor.ctl_factory` names, and loads its module.
 *
 * @throws {Error} there is no such function; it is Python; or others could have put their code there
 */
export async function findFactory({ factory, here }: CtlPluginSettings): Promise<PluginFactory> {
  const known = wellKnown.get(factory);
  if (known !== undefined) return known();
  const colon = factory.lastIndexOf(':');
  if (colon === -1) throw new Error(`${factory} names no function: that comes after a colon`);
  const [module, name] = [factory.slice(0, colon), factory.slice(colon + 1)];
  const file = pathOf(module, here);
  if (file === undefined) {
    throw new Error(`${factory} is no JavaScript that can be found, and Python cannot be run here`);
  }
  refuseUnsafe(file);
  const loaded: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
  const found = loaded[name];
  if (typeof found !== 'function') throw new Error(`${module} exports no function ${name}`);
  return found as PluginFactory;
}

/** The file of a module: a path is looked at as it is, a bare name is a package. `undefined`: there is none. */
function pathOf(module: string, here: string): string | undefined {
  if (/^\.{0,2}\//.test(module) || /\.[cm]?[jt]s$/.test(module)) return resolve(here, module);
  try {
    const found = createRequire(join(here, 'supervisord.conf')).resolve(module);
    // Others are modules of Node itself.
    return isAbsolute(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
