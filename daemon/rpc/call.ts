import { RpcFault } from '../../rpc/faults.ts';
import type { Encodable, XmlRpcValue } from '../../rpc/xmlrpc.ts';
import type { CallContext } from './method.ts';

/**
 * Calls the method of that full name. Names are looked up in the table and nowhere else, so nothing but
 * a listed method can be reached.
 *
 * @throws {RpcFault} `UNKNOWN_METHOD`, or what the method throws
 */
export async function callMethod(
  context: CallContext,
  name: string,
  params: readonly XmlRpcValue[],
): Promise<Encodable> {
  const trace = context.logs('trace') ? (text: string) => context.log('trace', onOneLine(text)) : undefined;
  trace?.(`XML-RPC method called: ${name}()`);
  try {
    const method = context.methods.get(name);
    if (method === undefined) throw new RpcFault('UNKNOWN_METHOD');
    const result = await method.invoke(context, params);
    trace?.(`XML-RPC method ${name}() returned successfully`);
    return result;
  } catch (error) {
    if (error instanceof RpcFault) {
      trace?.(`XML-RPC method ${name}() returned fault: [${error.code}] ${error.message}`);
    }
    throw error;
  }
}

/** Names come from clients: what they say must not look like other lines of the log. */
function onOneLine(text: string): string {
  return text.replace(
    /[\x00-\x1f\x7f-\x9f]/g,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
