/**
 * XML-RPC messages, as daemon and client exchange them.
 *
 * @see http://xmlrpc.com/spec.md
 */
export { decodeCall, decodeResponse, type MethodCall } from './xmlrpc-decode.ts';
export { encodeCall, encodeFault, encodeResponse, encodeValue } from './xmlrpc-encode.ts';
export {
  Double,
  type Encodable,
  type MethodResponse,
  XmlRpcError,
  type XmlRpcValue,
} from './xmlrpc-values.ts';
