/**
 * An output whose FIFO is open, and all that its stream is told of it. There may be thousands of them, and most are
 * never asked for anything: so what can be made of the settings is made when somebody asks.
 */
import type { LogLevel, ProcessSettings } from '../../conf/settings.ts';
import { ListenerStream, type OutputObserver } from '../log/listener-stream.ts';
import type { OutputFilter } from '../log/output-filter.ts';
import type { OutputSource } from '../log/output-source.ts';
import { OutputStream, type OutputStreamOptions } from '../log/output-stream.ts';
import { PipeSource, type PipeSourceOptions } from '../log/pipe-source.ts';
import { type RelayPlace, type Relays, relayEnding } from '../log/relay.ts';
import { type StagingPlace, stagedEnding } from '../log/staging.ts';
import type { Epoll } from './epoll.ts';
import { fifoPath } from './fifo.ts';
import type { Channel } from './host.ts';

/** What all outputs share. */
export interface OpenOutputContext {
  readonly runtimeDirectory: string;
  /** Of this boot of the machine. */
  readonly bootId: string;
  readonly epoll: Epoll;
  readonly relays: Relays;
  log(level: LogLevel, text: string): void;
}

export interface OpenOutputOptions {
  readonly process: ProcessSettings;
  readonly channel: Channel;
  readonly context: OpenOutputContext;
  /** The daemon's end of the FIFO, which the caller closes. */
  readonly pipe: number;
  readonly filter: OutputFilter | undefined;
}

/** An open output of either kind. */
export abstract class OpenOutput implements PipeSourceOptions {
  abstract readonly stream: OutputStream | ListenerStream;
  readonly pipe: number;
  readonly filter: OutputFilter | undefined;
  /** Bytes that did not get to the log, because it could not be written. */
  dropped = 0;
  readonly #process: ProcessSettings;
  readonly #channel: Channel;
  readonly #context: OpenOutputContext;

  constructor({ process, channel, context, pipe, filter }: OpenOutputOptions) {
    this.pipe = pipe;
    this.filter = filter;
    this.#process = process;
    this.#channel = channel;
    this.#context = context;
  }

  get owner(): string {
    return `'${this.#process.name}' ${this.#channel}`;
  }

  get place(): StagingPlace {
    const { group, name } = this.#process;
    const { bootId } = this.#context;
    return { path: `${this.#fifo}${stagedEnding}`, bootId, channel: `${group}:${name}:${this.#channel}` };
  }

  get relay(): RelayPlace {
    return { path: `${this.#fifo}${relayEnding}`, relays: this.#context.relays };
  }

  get epoll(): Epoll {
    return this.#context.epoll;
  }

  get log(): OpenOutputContext['log'] {
    return this.#context.log;
  }

  get countDropped(): (bytes: number) => void {
    return (bytes) => {
      this.dropped += bytes;
    };
  }

  get #fifo(): string {
    return fifoPath(this.#context.runtimeDirectory, this.#process, this.#channel);
  }
}

/** The output of a program, on its way to the log. */
export class ProgramOutput extends OpenOutput implements OutputStreamOptions {
  readonly source: OutputSource;
  readonly stream: OutputStream;

  /** @throws an error with `code` */
  constructor(options: OpenOutputOptions) {
    super(options);
    this.source = new PipeSource(this);
    this.stream = new OutputStream(this);
  }
}

/** The part of an event listener in its conversation. */
export class ListenerOutput extends OpenOutput {
  readonly stream: ListenerStream;

  /** @throws an error with `code` */
  constructor(options: OpenOutputOptions, observer: OutputObserver) {
    super(options);
    const { pipe, filter, owner, place, epoll, log, countDropped } = this;
    this.stream = new ListenerStream({ pipe, filter, owner, place, epoll, log, countDropped, observer });
  }
}
