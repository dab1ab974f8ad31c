/** What the header of an event says besides the length of its payload. */
export interface EnvelopeHeader {
  /** `identifier` of the daemon. */
  readonly server: string;
  readonly serial: number;
  readonly pool: string;
  readonly poolserial: number;
  readonly eventname: string;
}

/**
 * An event as a listener reads it: one line of header, then the payload, and nothing after it.
 *
 * @see supervisor/process.py, `EventListenerPool._eventEnvelope`
 */
export function envelope(header: EnvelopeHeader, payload: string): string {
  const { server, serial, pool, poolserial, eventname } = header;
  const length = codePoints(payload);
  return `ver:3.0 server:${server} serial:${serial} pool:${pool} poolserial:${poolserial} eventname:${eventname} len:${length}\n${payload}`;
}

/**
 * Length in code points: neither bytes, as supervisor's manual has it, nor UTF-16 units. It is what
 * listeners that read text, as those written with `supervisor.childutils` do, have always been told.
 */
function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
