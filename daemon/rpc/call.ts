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
  const traced = context.logs('trace');
  if (traced) context.log('trace', `XML-RPC method called: ${name}()`);
  try {
    const method = context.methods.get(name);
    if (method === undefined) throw new RpcFault('UNKNOWN_METHOD');
    const result = await method.invoke(context, params);
    if (traced) context.log('trace', `XML-RPC method ${name}() returned successfully`);
    return result;
  } catch (error) {
    if (traced && error instanceof RpcFault) {
      context.log('trace', `XML-RPC method ${name}() returned fault: [${error.code}] ${error.message}`);
    }
    throw error;
  }
}
