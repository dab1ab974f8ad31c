import type { LogLevel } from '../../conf/settings.ts';
import { bytesRepr, decoded } from '../log/decoded.ts';
import { type Conversation, type Finding, hear, type ListenerState } from './listener-protocol.ts';
import type { Verdict } from './pool-state.ts';

/** How much of what broke the protocol is shown. */
const shownBytes = 100;

const expectedIn: { readonly [S in ListenerState]: string } = {
  ACKNOWLEDGED: "b'READY\\n'",
  READY: 'nothing',
  BUSY: 'a result line',
  UNKNOWN: 'nothing',
};

/** A child that receives events, as far as the next daemon has to find out for itself. */
export class Listener {
  readonly #name: string;
  readonly #log: (level: LogLevel, text: string) => void;
  /** Its process is RUNNING; before and after it is sent nothing, whatever it says. */
  isRunning = false;
  /** It does not read, and no more is kept for it. */
  isFull = false;

  constructor(name: string, log: (level: LogLevel, text: string) => void) {
    this.#name = name;
    this.#log = log;
  }

  /** Understands what it says, and tells the log. */
  hear(
    before: Conversation,
    bytes: Buffer,
  ): { readonly conversation: Conversation; readonly verdict: Verdict | undefined } {
    const { next, findings } = hear(before, bytes);
    let from = before.state;
    let verdict: Verdict | undefined;
    for (const finding of findings) {
      // The first answer is the one to what it was sent.
      verdict ??= this.#tellVerdict(finding);
      const to = stateAfter(finding);
      this.#tellChange(from, to);
      from = to;
      if (finding.type === 'unexpected') this.#tellBreach(finding);
    }
    return { conversation: next, verdict };
  }

  #tellVerdict(finding: Finding): Verdict | undefined {
    switch (finding.type) {
      case 'ready':
        return undefined;
      case 'result':
        if (finding.isOk) this.#log('debug', `${this.#name}: event was processed`);
        else this.#log('warn', `${this.#name}: event was rejected`);
        return finding.isOk ? 'handled' : 'rejected';
      case 'bad result line':
        this.#log('warn', `${this.#name}: bad result line: '${decoded(finding.line)}'`);
        return 'rejected';
      case 'unexpected':
        return 'rejected';
      default:
        return finding satisfies never;
    }
  }

  #tellChange(from: ListenerState, to: ListenerState): void {
    this.#log('debug', `${this.#name}: ${from} -> ${to}`);
    if (to !== 'UNKNOWN') return;
    this.#log(
      'warn',
      `${this.#name}: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol`,
    );
  }

  #tellBreach({ state, bytes }: Extract<Finding, { readonly type: 'unexpected' }>): void {
    const shown = bytesRepr(bytes.subarray(0, shownBytes));
    const more = bytes.length > shownBytes ? ` and ${bytes.length - shownBytes} more bytes` : '';
    this.#log(
      'warn',
      `${this.#name}: expected ${expectedIn[state]} in state ${state} but got ${shown}${more}`,
    );
  }
}

function stateAfter(finding: Finding): ListenerState {
  switch (finding.type) {
    case 'ready':
      return 'READY';
    case 'result':
      return 'ACKNOWLEDGED';
    case 'bad result line':
    case 'unexpected':
      return 'UNKNOWN';
    default:
      return finding satisfies never;
  }
}
