/**
 * What an XML-RPC call can fail with, by name.
 *
 * @see supervisor/xmlrpc.py, `Faults`
 */
export const faults = {
  UNKNOWN_METHOD: 1,
  INCORRECT_PARAMETERS: 2,
  BAD_ARGUMENTS: 3,
  SIGNATURE_UNSUPPORTED: 4,
  SHUTDOWN_STATE: 6,
  BAD_NAME: 10,
  BAD_SIGNAL: 11,
  NO_FILE: 20,
  NOT_EXECUTABLE: 21,
  FAILED: 30,
  ABNORMAL_TERMINATION: 40,
  SPAWN_ERROR: 50,
  ALREADY_STARTED: 60,
  NOT_RUNNING: 70,
  /** Never a fault: the status of a success in the answers about many processes. */
  SUCCESS: 80,
  ALREADY_ADDED: 90,
  STILL_RUNNING: 91,
  CANT_REREAD: 92,
} as const;

export type FaultName = keyof typeof faults;

/** An expected failure of an XML-RPC method, as its caller is told it. */
export class RpcFault extends Error {
  /** The fault's name, which callers compare. */
  override readonly name: FaultName;
  readonly code: number;
  /** What follows the name in the text: usually the name of the process. */
  readonly extra: string | undefined;

  /** The message is the `faultString`: `NAME`, or `NAME: extra`. */
  constructor(name: FaultName, extra?: string) {
    super(extra === undefined ? name : `${name}: ${extra}`);
    this.name = name;
    this.code = faults[name];
    this.extra = extra;
  }
}

const namesByCode: ReadonlyMap<number, FaultName> = new Map(
  Object.entries(faults).map(([name, code]) => [code, name as FaultName]),
);

/** The name of a fault code; `undefined` for one that supervisord does not have. */
export function faultName(code: number): FaultName | undefined {
  return namesByCode.get(code);
}
