/**
 * What a listener says on its stdout, understood. Pure: bytes in, findings out, and the next state.
 *
 * ```text
 *  ACKNOWLEDGED ── "READY\n" ──> READY ── an event is sent ──> BUSY
 *       ↑                                                       │
 *       ╰─────────── "RESULT <length>\n<length bytes>" ─────────╯
 *
 *  anything else: UNKNOWN, until the next child
 * ```
 *
 * As lenient as supervisord where it is, since listeners rely on that: the seven bytes of `RESULT ` may be any
 * seven bytes, and the number may have blanks around it. And as strict: a newline after the result stands in
 * front of the next `READY`, which is then none.
 *
 * @see supervisor/dispatchers.py, `PEventListenerDispatcher.handle_listener_state_change`
 */
export type Conversation =
  | {
      readonly state: 'ACKNOWLEDGED';
      /** The beginning of `READY`, or of something else. */
      readonly heard: Bytes;
    }
  | { readonly state: 'READY' }
  | { readonly state: 'BUSY'; readonly result: PartialResult }
  | { readonly state: 'UNKNOWN' };

export type ListenerState = Conversation['state'];

/** A character a byte, so that a conversation can be kept as JSON. */
type Bytes = string;

/** An answer on its way: its first line is yet to end, or some bytes of it are yet to come. */
type PartialResult =
  | { readonly part: 'line'; readonly heard: Bytes }
  | { readonly part: 'body'; readonly length: number; readonly missing: number; readonly start: Bytes };

/** What a listener turned out to have said; each but the last two leaves it able to receive events. */
export type Finding =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly isOk: boolean }
  | { readonly type: 'bad result line'; readonly line: Buffer }
  | { readonly type: 'unexpected'; readonly state: ListenerState; readonly bytes: Buffer };

const readyToken = Buffer.from('READY\n');
const resultStart = 'RESULT '.length;
const ok = 'OK';
const nothing = Buffer.alloc(0);

/**
 * Longest first line of an answer that is waited for, in bytes. Ten are common; without a bound, a listener
 * that never writes a newline would fill the memory of the daemon.
 */
export const longestResultLine = 4096;

/** A child that has just been started, and has not said anything. */
export const newConversation: Conversation = { state: 'ACKNOWLEDGED', heard: '' };

/** A listener that was READY and has been sent an event. */
export const busyConversation: Conversation = { state: 'BUSY', result: { part: 'line', heard: '' } };

/** What follows from the next bytes. They are not kept: the caller may use their memory again. */
export function hear(
  conversation: Conversation,
  bytes: Buffer,
): { readonly next: Conversation; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  let next = conversation;
  for (let rest = bytes; rest.length > 0 && next.state !== 'UNKNOWN'; ) {
    const step = hearNext(next, rest);
    ({ next, rest } = step);
    if (step.finding !== undefined) findings.push(step.finding);
  }
  return { next, findings };
}

interface Step {
  readonly next: Conversation;
  readonly rest: Buffer;
  readonly finding?: Finding;
}

type Speaking = Exclude<Conversation, { readonly state: 'UNKNOWN' }>;

function hearNext(conversation: Speaking, bytes: Buffer): Step {
  switch (conversation.state) {
    case 'ACKNOWLEDGED':
      return hearReady(joined(conversation.heard, bytes));
    case 'READY':
      return unexpected('READY', bytes);
    case 'BUSY':
      return conversation.result.part === 'line'
        ? hearLine(joined(conversation.result.heard, bytes))
        : hearBody(conversation.result, bytes);
    default:
      return conversation satisfies never;
  }
}

function joined(heard: Bytes, bytes: Buffer): Buffer {
  return heard === '' ? bytes : Buffer.concat([Buffer.from(heard, 'latin1'), bytes]);
}

function hearReady(heard: Buffer): Step {
  if (heard.length < readyToken.length) {
    return { next: { state: 'ACKNOWLEDGED', heard: heard.toString('latin1') }, rest: nothing };
  }
  if (!heard.subarray(0, readyToken.length).equals(readyToken)) return unexpected('ACKNOWLEDGED', heard);
  return { next: { state: 'READY' }, rest: heard.subarray(readyToken.length), finding: { type: 'ready' } };
}

function hearLine(heard: Buffer): Step {
  const end = heard.subarray(0, longestResultLine + 1).indexOf('\n');
  if (end === -1) {
    if (heard.length > longestResultLine) return unexpected('BUSY', heard);
    const result = { part: 'line', heard: heard.toString('latin1') } as const;
    return { next: { state: 'BUSY', result }, rest: nothing };
  }
  const line = heard.subarray(0, end);
  const length = lengthIn(line);
  if (length === undefined) {
    return {
      next: { state: 'UNKNOWN' },
      rest: nothing,
      finding: { type: 'bad result line', line: Buffer.from(line) },
    };
  }
  return hearBody({ length, missing: length, start: '' }, heard.subarray(end + 1));
}

/** Of the answer only its beginning is kept: all there is to know is whether it is `OK`. */
function hearBody(
  { length, missing, start }: { readonly length: number; readonly missing: number; readonly start: Bytes },
  bytes: Buffer,
): Step {
  const taken = bytes.subarray(0, missing);
  const result = {
    part: 'body',
    length,
    missing: missing - taken.length,
    start: start + taken.toString('latin1', 0, ok.length - start.length),
  } as const;
  if (result.missing > 0) return { next: { state: 'BUSY', result }, rest: nothing };
  const isOk = length === ok.length && result.start === ok;
  // An empty result counts at once; supervisord notices it with the next byte.
  return { next: newConversation, rest: bytes.subarray(taken.length), finding: { type: 'result', isOk } };
}

/**
 * Python's `int()` on bytes. A negative length is no length: supervisord counts down from it for ever, and
 * drops the listener with a traceback.
 */
function lengthIn(line: Buffer): number | undefined {
  const number = line.toString('latin1', resultStart);
  const digits = /^[\t-\r ]*\+?(\d+(?:_\d+)*)[\t-\r ]*$/.exec(number)?.[1];
  if (digits === undefined) return undefined;
  // More than that never comes, and infinity is no number in JSON.
  return Math.min(Number(digits.replaceAll('_', '')), Number.MAX_SAFE_INTEGER);
}

function unexpected(state: ListenerState, bytes: Buffer): Step {
  const finding: Finding = { type: 'unexpected', state, bytes: Buffer.from(bytes) };
  return { next: { state: 'UNKNOWN' }, rest: nothing, finding };
}
