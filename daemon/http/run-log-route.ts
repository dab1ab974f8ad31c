/**
 * `/runlog/<run>[/<channel>]` and `/runlogtail/<run>[/<channel>]`: what a run has written, and what it goes on to
 * write until it ends. With `?attempt=N` from that attempt on, with `?offset=N` without the first N bytes.
 */
import type { Channel } from '../host/host.ts';
import { isScheduleError, type RunLogPage, type SchedulerControl } from '../schedule/control.ts';
import { type Exchange, replyError } from './exchange.ts';
import { FileWatches } from './file-watches.ts';
import { pathOf } from './path.ts';
import { answerStream, type Sink } from './streamed-answer.ts';

const pageBytes = 64 * 1024;
const truncationMarker = Buffer.from('==> File truncated <==\n');

/** Where to begin, and how far to go. */
interface Request {
  readonly run: string;
  readonly channel: Channel;
  /** `undefined`: the last one. */
  readonly attempt: number | undefined;
  readonly offset: number;
  /** Until the run has ended, and not only as far as it has come. */
  readonly isFollowed: boolean;
}

/** Answers 404 if there is no such run, or nothing of what it has written is kept. */
export async function sendRunLog(exchange: Exchange): Promise<void> {
  const request = read(exchange.url);
  const log = request && (await openLog(exchange.context.schedules, request));
  if (log === undefined) {
    replyError(exchange, 404);
    return;
  }
  await answerStream(exchange, {
    name: `the log of run ${log.run}`,
    headers: { 'X-Accel-Buffering': 'no' },
    produce: (sink, end) => log.send(sink, end),
  });
}

function read(url: string): Request | undefined {
  const [route, run, channel = 'stdout', ...more] = pathOf(url).split('/');
  if (run === undefined || more.length > 0 || (channel !== 'stdout' && channel !== 'stderr'))
    return undefined;
  const query = new URLSearchParams(/\?([^#]*)/.exec(url)?.[1]);
  const [attempt, offset] = [count(query.get('attempt')), count(query.get('offset'))];
  if (Number.isNaN(attempt) || Number.isNaN(offset)) return undefined;
  return { run, channel, attempt, offset: offset ?? 0, isFollowed: route === 'runlogtail' };
}

/** NaN: no number that counts something. */
function count(text: string | null): number | undefined {
  if (text === null) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

/** `undefined`: there is none. */
async function openLog(scheduler: SchedulerControl, request: Request): Promise<RunLog | undefined> {
  try {
    const attempts = await scheduler.getRun(request.run);
    const attempt = request.attempt ?? attempts.at(-1)?.attempt;
    if (attempt === undefined || attempts.every((run) => run.attempt !== attempt)) return undefined;
    const log = new RunLog(scheduler, { ...request, attempt });
    await log.check();
    return log;
  } catch (error) {
    if (isScheduleError(error)) return undefined;
    throw error;
  }
}

class RunLog {
  readonly run: string;
  readonly #scheduler: SchedulerControl;
  readonly #channel: Channel;
  readonly #isFollowed: boolean;
  #attempt: number;
  #offset: number;
  #hasChanged = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(scheduler: SchedulerControl, request: Request & { readonly attempt: number }) {
    this.run = request.run;
    this.#scheduler = scheduler;
    this.#channel = request.channel;
    this.#isFollowed = request.isFollowed;
    this.#attempt = request.attempt;
    this.#offset = request.offset;
  }

  /** @throws {ScheduleError} there is nothing to read */
  async check(): Promise<void> {
    await this.#read(1);
  }

  async send(sink: Sink, end: AbortSignal): Promise<void> {
    using watches = new FileWatches((error) => this.#notice(error));
    const ending = this.#isFollowed ? this.#noticeEnd(end) : undefined;
    end.addEventListener('abort', () => this.#notice());
    while (!end.aborted) {
      const isOver = ending?.isOver ?? true;
      // Cleared before reading: what is written meanwhile sets it again.
      this.#hasChanged = false;
      const page = await this.#drain(sink, end);
      if (await this.#goOnToNextAttempt(page)) continue;
      if (isOver) return;
      if (page.size < this.#offset) {
        await sink(truncationMarker);
        this.#offset = 0;
        continue;
      }
      // Between two attempts no file grows, and the next one may write to the same.
      if (page.growing.length > 0 && (await watches.set(page.growing))) continue;
      await this.#nextChange();
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  /**
   * Sends what there is. The outputs of several processes are told one after the other, so they wait until the
   * run has ended: then it is known where each begins.
   *
   * @returns the page behind it
   */
  async #drain(sink: Sink, end: AbortSignal): Promise<RunLogPage> {
    for (;;) {
      const page = await this.#read(pageBytes);
      const isMixed = this.#isFollowed && page.growing.length > 1;
      if (page.bytes.length === 0 || isMixed || end.aborted) return page;
      this.#offset = page.offset;
      await sink(page.bytes);
    }
  }

  /** What a client has had of attempts before is left out. */
  async #goOnToNextAttempt({ isComplete, size }: RunLogPage): Promise<boolean> {
    if (!isComplete || !this.#isFollowed) return false;
    const attempts = await this.#scheduler.getRun(this.run);
    // One that waits to be tried, or could not be started, has no output.
    const next = attempts.find(({ attempt, started }) => attempt > this.#attempt && started !== undefined);
    if (next === undefined) return false;
    this.#attempt = next.attempt;
    this.#offset = Math.max(0, this.#offset - size);
    return true;
  }

  /** Wakes when the run is final, its retries included. */
  #noticeEnd(end: AbortSignal): { readonly isOver: boolean } {
    const ending = { isOver: false };
    const notice = (): void => {
      ending.isOver = true;
      this.#notice();
    };
    this.#scheduler.waitForRun(this.run, end).then(notice, notice);
    return ending;
  }

  #read(length: number): Promise<RunLogPage> {
    const [offset, attempt] = [this.#offset, this.#attempt];
    return this.#scheduler.readRunLog(this.run, this.#channel, { offset, length, attempt });
  }

  #notice(error?: Error): void {
    this.#failure ??= error;
    this.#hasChanged = true;
    this.#wake?.();
  }

  #nextChange(): Promise<void> {
    if (this.#hasChanged) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
