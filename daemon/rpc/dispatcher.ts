/**
 * From the body of a request to the body of its answer.
 *
 * @see supervisor/xmlrpc.py, `supervisor_xmlrpc_handler`
 */
import { isUtf8 } from 'node:buffer';
import { repr } from '../../conf/python-text.ts';
import { RpcFault } from '../../rpc/faults.ts';
import { decodeCall, encodeFault, encodeResponse, type MethodCall, XmlRpcError } from '../../rpc/xmlrpc.ts';
import { callMethod } from './call.ts';
import type { RpcContext } from './context.ts';
import type { CallContext } from './method.ts';
import { methodTable } from './table.ts';

export type RpcAnswer =
  | { readonly status: 200; readonly body: string }
  /** 400: the body is no call. 500: the method has failed in an unforeseen way, which the log tells. */
  | { readonly status: 400 | 500 };

/** How much of a request the log quotes. */
const maxQuoted = 1000;

export class RpcDispatcher {
  readonly #context: CallContext;

  /** @param options.isForAnybody whether the calls come by a server that anybody can talk to */
  constructor(context: RpcContext, { isForAnybody = false }: { readonly isForAnybody?: boolean } = {}) {
    this.#context = { ...context, methods: methodTable(context.namespaces), isForAnybody };
  }

  /** Answers a request. Never rejects: whatever goes wrong has a status. */
  async handle(body: Uint8Array): Promise<RpcAnswer> {
    const call = this.#decode(body);
    if (call === undefined) return { status: 400 };
    const { methodName, params } = call;
    if (methodName === undefined) {
      this.#context.log('error', `XML-RPC request data ${quote(body)} is invalid: no method name`);
      return { status: 400 };
    }

    try {
      return { status: 200, body: encodeResponse(await callMethod(this.#context, methodName, params)) };
    } catch (error) {
      if (error instanceof RpcFault) return { status: 200, body: encodeFault(error.code, error.message) };
      const reason = error instanceof Error ? error.stack : String(error);
      this.#context.log(
        'critical',
        `Handling XML-RPC request with data ${quote(body)} raised an unexpected exception: ${reason}`,
      );
      return { status: 500 };
    }
  }

  #decode(body: Uint8Array): MethodCall | undefined {
    try {
      if (isUtf8(body)) return decodeCall(Buffer.from(body).toString());
    } catch (error) {
      if (!(error instanceof XmlRpcError)) {
        this.#context.log('critical', `Unexpected exception while reading XML-RPC: ${String(error)}`);
      }
    }
    this.#context.log('error', `XML-RPC request data ${quote(body)} is invalid: unmarshallable`);
    return undefined;
  }
}

/** The start of a request on one line, as Python shows a text; no character of it could disturb a terminal. */
function quote(body: Uint8Array): string {
  const text = Buffer.from(body.subarray(0, maxQuoted)).toString();
  return repr(body.length > maxQuoted ? `${text}…` : text);
}
