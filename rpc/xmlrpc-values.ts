/**
 * A number that is sent as `<double>` even when it is whole, so that a member has one type in every
 * answer.
 */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/**
 * A value that came over the wire. `dateTime.iso8601` stays its text and `base64` becomes the UTF-8
 * text it holds. Structs are maps, because whoever sends one names its members.
 */
export type XmlRpcValue =
  | null
  | boolean
  | number
  | string
  | readonly XmlRpcValue[]
  | ReadonlyMap<string, XmlRpcValue>;

/** A value to send. Structs of ours, whose members the code names, are plain objects. */
export type Encodable =
  | null
  | boolean
  | number
  | Double
  | string
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [member: string]: Encodable };

/** What a `methodResponse` document says. */
export type MethodResponse =
  | { readonly type: 'result'; readonly value: XmlRpcValue }
  | { readonly type: 'fault'; readonly code: number; readonly text: string };

/** The document is no XML-RPC message: not well-formed, too deep, or not of the protocol's shape. */
export class XmlRpcError extends Error {
  override readonly name = 'XmlRpcError';
}
