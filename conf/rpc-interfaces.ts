/** `[rpcinterface:x]`. */
import type { Scope } from './expand.ts';
import { mainRpcInterface, rpcInterfaceKeys } from './keys/rpcinterface.ts';
import type { Loading } from './load-context.ts';
import { SectionReader } from './section-reader.ts';
import type { RpcInterfaceSettings } from './settings.ts';

const factoryKey = 'supervisor.rpcinterface_factory';
const prefix = 'rpcinterface:';

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
    if (factory !== undefined && factory !== mainRpcInterface) {
      const only = `the only one is ${mainRpcInterface}`;
      reader.fail(factoryKey, `${factory} cannot be resolved within [${section.name}]: ${only}`);
    }
    interfaces.push({ namespace: section.name.slice(prefix.length) });
  }
  return interfaces;
}
