import type { LogLevel } from '../../conf/settings.ts';
import { bytesRepr, decoded } from '../log/decoded.ts';
import type { PooledEvent } from './listener-pool.ts';
import {
  busyConversation,
  type Conversation,
  type Finding,
  hear,
  type ListenerState,
  newConversation,
} from './listener-protocol.ts';

/** How much of what broke the protocol is shown. */
const shownBytes = 100;

const expectedIn: { readonly [S in ListenerState]: string } = {
  ACKNOWLEDGED: "b'READY\\n'",
  READY: 'nothing',
  BUSY: 'a result line',
  UNKNOWN: 'nothing',
};

/** A child that receives events: how far its conversation is, and the event that it handles. */
export class Listener {
  readonly #name: string;
  readonly #log: (level: LogLevel, text: string) => void;
  #conversation: Conversation = newConversation;
  #event: PooledEvent | undefined;
  /** Its process is RUNNING; before and after it is sent nothing, whatever it says. */
  isRunning = false;
  /** It does not read, and no more is kept for it. */
  isFull = false;

  constructor(name: string, log: (level: LogLevel, text: string) => void) {
    this.#name = name;
    this.#log = log;
  }

  get state(): ListenerState {
    return this.#conversation.state;
  }

  /** The event that was sent to it and is not answered yet. */
  get event(): PooledEvent | undefined {
    return this.#event;
  }

  get canTake(): boolean {
    return this.isRunning && !this.isFull && this.state === 'READY';
  }

  /** It has been sent an event. */
  handle(event: PooledEvent): void {
    this.#event = event;
    this.#conversation = busyConversation;
    this.#log('debug', `event ${event.serial} sent to listener ${this.#name}`);
  }

  /** It has said something. @returns the event that it rejects by that */
  hear(bytes: Buffer): PooledEvent | undefined {
    const before = this.#conversation.state;
    const { next, findings } = hear(this.#conversation, bytes);
    this.#conversation = next;
    let from = before;
    let rejected: PooledEvent | undefined;
    for (const finding of findings) {
      const isAccepted = this.#tellVerdict(finding);
      const to = stateAfter(finding);
      this.#tellChange(from, to);
      from = to;
      if (finding.type === 'unexpected') this.#tellBreach(finding);
      if (!isAccepted) rejected = this.#event;
      this.#event = undefined;
    }
    return rejected;
  }

  /** @returns whether the event that it handles, if any, needs not be sent again */
  #tellVerdict(finding: Finding): boolean {
    switch (finding.type) {
      case 'ready':
        return true;
      case 'result':
        if (finding.isOk) this.#log('debug', `${this.#name}: event was processed`);
        else this.#log('warn', `${this.#name}: event was rejected`);
        return finding.isOk;
      case 'bad result line':
        this.#log('warn', `${this.#name}: bad result line: '${decoded(finding.line)}'`);
        return false;
      case 'unexpected':
        return false;
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
