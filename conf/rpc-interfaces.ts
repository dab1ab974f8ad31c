/** `[rpcinterface:x]`. */
import type { Scope } from './expand.ts';
import { mainRpcInterface, rpcInterfaceKeys } from './keys/rpcinterface.ts';
import type { Loading } from './load-context.ts';
import { SectionReader } from './section-reader.ts';
import type { RpcInterfaceSettings } from './settings.ts';

const factoryKey = 'supervisor.rpcinterface_factory';
const prefix = 'rpcinterface:';
const isPython =
  'Python cannot be run here, so the methods of this plug-in are missing: calls of them are answered with UNKNOWN_METHOD';

/**
 * Reads the sections that give supervisor's own methods a namespace. A plug-in for supervisord is Python, which
 * this daemon cannot run: it is passed over with a warning, so that the file works without it.
 */
export function readRpcInterfaces(
  { document, findings, context }: Loading,
  scope: Scope,
): RpcInterfaceSettings[] {
  const interfaces: RpcInterfaceSettings[] = [];
  for (const section of document.sections.values()) {
    if (!section.name.startsWith(prefix)) continue;
    const reader = new SectionReader({
      section,
      defaults: document.defaults,
      table: rpcInterfaceKeys,
      findings,
      context,
    });
    if (reader.written(factoryKey) === undefined) {
      reader.fail(factoryKey, `section [${section.name}] does not specify a ${factoryKey}`);
      continue;
    }
    const factory = reader.get(factoryKey, scope);
    if (factory === mainRpcInterface) interfaces.push({ namespace: section.name.slice(prefix.length) });
    else if (factory === '') reader.fail(factoryKey, ` cannot be resolved within [${section.name}]`);
    else if (factory !== undefined) reader.warn(factoryKey, isPython);
  }
  return interfaces;
}
