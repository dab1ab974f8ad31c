/**
 * The methods about methods. They answer in every state of the daemon.
 *
 * @see supervisor/xmlrpc.py, `SystemNamespaceRPCInterface`
 */
import { faults, RpcFault } from '../../rpc/faults.ts';
import type { Encodable, XmlRpcValue } from '../../rpc/xmlrpc.ts';
import { maxAnswerSize, sizeOf } from './answer-size.ts';
import { callMethod } from './call.ts';
import { type CallContext, method, type RpcMethod } from './method.ts';
import { array, string } from './parameter.ts';

/** `system.listMethods()`. */
export const listMethods = method({
  parameters: [],
  returns: 'array',
  help: 'The names of all methods, sorted.',
  available: 'always',
  call: ({ methods }) => [...methods.keys()].sort(),
});

/** `system.methodHelp(name)`. */
export const methodHelp = method({
  parameters: [string],
  parameterNames: 'name',
  returns: 'string',
  help: 'What a method does.',
  available: 'always',
  call(context, name) {
    const { parameterNames, signature, help } = lookUp(context, name);
    return `${name}(${parameterNames}) → ${signature[0]}\n\n${help}`;
  },
});

/** `system.methodSignature(name)`. */
export const methodSignature = method({
  parameters: [string],
  parameterNames: 'name',
  returns: 'array',
  help: 'The types of the result of a method, and of its parameters.',
  available: 'always',
  call: (context, name) => lookUp(context, name).signature,
});

const self = 'system.multicall';

/**
 * `system.multicall(calls)`: each call is `{methodName, params}`, and begins when the one before has
 * answered. The result of a call is its bare value, or a struct with `faultCode` and `faultString`. When the
 * results are as much as an answer may be, the calls that are left fail without being made.
 */
export const multicall = method({
  parameters: [array],
  parameterNames: 'calls',
  returns: 'array',
  help: 'Makes several calls, one after the other. Each is a struct of methodName and params; each result is a value, or a struct of faultCode and faultString.',
  available: 'always',
  async call(context, calls) {
    const results: Encodable[] = [];
    let size = 0;
    for (const call of calls) {
      const result = size > maxAnswerSize ? faultStruct(tooMuch) : await callOne(context, call);
      size += sizeOf(result);
      results.push(result);
    }
    return results;
  },
});

const tooMuch = new RpcFault('FAILED', `Not called: the results before it fill ${maxAnswerSize} bytes`);

async function callOne(context: CallContext, call: XmlRpcValue): Promise<Encodable> {
  try {
    const { methodName, params } = readCall(call);
    return await callMethod(context, methodName, params);
  } catch (error) {
    if (error instanceof RpcFault) return faultStruct(error);
    context.log('critical', `Unexpected exception in a call of ${self}: ${stackOf(error)}`);
    return faultStruct(
      new RpcFault('FAILED', error instanceof Error ? `${error.name}:${error.message}` : ''),
    );
  }
}

function readCall(call: XmlRpcValue): { methodName: string; params: readonly XmlRpcValue[] } {
  const [methodName, params = []] =
    call instanceof Map ? [call.get('methodName'), call.get('params')] : [undefined];
  if (typeof methodName !== 'string') {
    throw new RpcFault('INCORRECT_PARAMETERS', 'No methodName');
  }
  // A batch of batches could do an unbounded amount of work.
  if (methodName === self) {
    throw new RpcFault('INCORRECT_PARAMETERS', 'Recursive system.multicall forbidden');
  }
  if (!Array.isArray(params)) throw new RpcFault('INCORRECT_PARAMETERS');
  return { methodName, params };
}

function faultStruct({ name, message }: RpcFault): Encodable {
  return { faultCode: faults[name], faultString: message };
}

function lookUp({ methods }: CallContext, name: string): RpcMethod {
  const found = methods.get(name);
  if (found === undefined) throw new RpcFault('SIGNATURE_UNSUPPORTED');
  return found;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
