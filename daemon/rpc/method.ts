import { RpcFault } from '../../rpc/faults.ts';
import type { Encodable, XmlRpcValue } from '../../rpc/xmlrpc.ts';
import type { RpcContext } from './context.ts';
import type { Parameter, WireType } from './parameter.ts';

/** The methods a server offers, by full name. */
export type MethodTable = ReadonlyMap<string, RpcMethod>;

/** What a call sees: the daemon, and the methods beside it. */
export interface CallContext extends RpcContext {
  readonly methods: MethodTable;
  /** Whether anybody could have made the call: see `isOpenServer`. */
  readonly isForAnybody?: boolean;
}

/** An entry of the method table. */
export interface RpcMethod {
  /** Type of the result, then of each parameter, as `system.methodSignature` answers. */
  readonly signature: readonly WireType[];
  /** Names of the parameters, as the documentation writes them: `name, wait=true`. */
  readonly parameterNames: string;
  readonly help: string;
  /**
   * Reads the arguments and runs the method.
   *
   * @throws {RpcFault} thrown, or the promise rejected with it
   */
  invoke(context: CallContext, params: readonly XmlRpcValue[]): Encodable | Promise<Encodable>;
}

interface MethodDefinition<P extends readonly Parameter<unknown>[]> {
  readonly parameters: P;
  readonly returns: WireType;
  readonly parameterNames?: string;
  readonly help: string;
  /** `always`: also while the daemon is shutting down; the others answer SHUTDOWN_STATE then. */
  readonly available?: 'always';
  call(context: CallContext, ...values: ValuesOf<P>): Encodable | Promise<Encodable>;
}

type ValuesOf<P extends readonly Parameter<unknown>[]> = {
  -readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};

/**
 * Makes a method of its parameters and its function.
 *
 * A call is checked in supervisord's order: the number of arguments (`INCORRECT_PARAMETERS`), the state of
 * the daemon (`SHUTDOWN_STATE`), the arguments from left to right.
 */
export function method<const P extends readonly Parameter<unknown>[]>(
  definition: MethodDefinition<P>,
): RpcMethod {
  const { parameters, returns, parameterNames = '', help, available } = definition;
  const required = parameters.filter((parameter) => parameter.fallback === undefined).length;
  return {
    signature: [returns, ...parameters.map((parameter) => parameter.type)],
    parameterNames,
    help,
    invoke(context, params) {
      if (params.length < required || params.length > parameters.length) {
        throw new RpcFault('INCORRECT_PARAMETERS');
      }
      if (available !== 'always' && context.supervisor.state !== 'RUNNING') {
        throw new RpcFault('SHUTDOWN_STATE');
      }
      const values = parameters.map((parameter, index) => readParameter(parameter, params[index]));
      // The parameters have just read these values, one each, so they are what `call` declares.
      return definition.call(context, ...(values as ValuesOf<P>));
    },
  };
}

function readParameter<T>(parameter: Parameter<T>, value: XmlRpcValue | undefined): T {
  if (value !== undefined) return parameter.read(value);
  if (parameter.fallback === undefined) throw new RpcFault('INCORRECT_PARAMETERS');
  return parameter.fallback.value;
}
