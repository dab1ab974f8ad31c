import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Exchange } from './exchange.ts';

/** Takes bytes; resolves when it can take more. The bytes are its own only until then. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

/** A text that is sent as it comes about. */
export interface TextStream {
  /** What it is, for the log. */
  readonly name: string;
  readonly headers: OutgoingHttpHeaders;
  /** Sends the text to `sink`, until its end or until `end` aborts. */
  produce(sink: Sink, end: AbortSignal): Promise<void>;
}

/** Answers with a text as long as there is more of it, and the client listens. */
export async function answerStream(
  exchange: Exchange,
  { name, headers, produce }: TextStream,
): Promise<void> {
  const { request, response, context, abortSignal } = exchange;
  response.writeHead(200, {
    ...headers,
    'Content-Type': 'text/plain;charset=utf-8',
    // What a program prints must not be taken for a page of ours.
    'X-Content-Type-Options': 'nosniff',
  });
  response.flushHeaders();
  // A client that has closed its side may be gone; as long as there is nothing to send nothing else tells.
  const gone = new AbortController();
  if (request.socket.readableEnded) gone.abort();
  else request.socket.once('end', () => gone.abort());
  const end = AbortSignal.any([abortSignal, gone.signal]);
  try {
    await produce(async (bytes) => {
      // Only a client that has gone makes a write fail; which of the two is noticed first is chance.
      await write(response, bytes, end).catch(() => gone.abort());
    }, end);
    response.end();
  } catch (error) {
    if (!end.aborted) {
      const reason = error instanceof Error ? error.message : String(error);
      context.log('error', `Cannot follow ${name} any longer: ${reason}`);
    }
    response.destroy();
  }
}

/** Resolves when the system has taken the bytes, not when they are queued: the next ones wait for that. */
function write(response: ServerResponse, bytes: Uint8Array, end: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new Error('The client has gone'));
    if (end.aborted) {
      onAbort();
      return;
    }
    end.addEventListener('abort', onAbort, { once: true });
    response.write(bytes, (error) => {
      end.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    });
  });
}
