import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long a client may take to send a body. */
const bodyTimeoutMilliseconds = 60_000;
/** What is read of a body that nobody wants, so that its sender gets to see the answer. */
const maxDiscardedBytes = 1024 * 1024;
const discardTimeoutMilliseconds = 2_000;

export type BodyResult =
  | { readonly type: 'complete'; readonly body: Buffer }
  /** 408: too slow; 411: of unknown length; 413: too large. */
  | { readonly type: 'refused'; readonly status: 408 | 411 | 413 }
  | { readonly type: 'client-gone' };

/** Reads the whole body of a request into memory, unless it has more than `maxBytes`. */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<BodyResult> {
  const { 'content-length': contentLength, 'transfer-encoding': encoding, expect } = request.headers;
  if (contentLength === undefined && encoding === undefined) {
    return Promise.resolve({ type: 'refused', status: 411 });
  }
  if (Number(contentLength ?? 0) > maxBytes) return Promise.resolve({ type: 'refused', status: 413 });
  if (expect?.toLowerCase() === '100-continue') response.writeContinue();

  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (result: BodyResult): void => {
      clearTimeout(timeout);
      request.off('data', onData);
      resolve(result);
    };
    const timeout = setTimeout(finish, bodyTimeoutMilliseconds, { type: 'refused', status: 408 });
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > maxBytes) {
        finish({ type: 'refused', status: 413 });
        return;
      }
      chunks.push(chunk);
    };
    request.on('data', onData);
    request.once('end', () => finish({ type: 'complete', body: Buffer.concat(chunks, length) }));
    request.once('close', () => finish({ type: 'client-gone' }));
  });
}

/**
 * Reads what the client is still sending, within limits. Closing a connection with unread data resets it,
 * and the client would not see the answer that was written before.
 */
export function discardBody(request: IncomingMessage): Promise<void> {
  const { 'content-length': contentLength, 'transfer-encoding': encoding, expect } = request.headers;
  const hasBody = encoding !== undefined || Number(contentLength ?? 0) > 0;
  // A client that waits for "100 Continue" sends nothing before.
  if (!hasBody || expect !== undefined || request.complete) return Promise.resolve();
  return new Promise((resolve) => {
    let length = 0;
    const finish = (): void => {
      clearTimeout(timeout);
      request.off('data', onData);
      request.pause();
      resolve();
    };
    const timeout = setTimeout(finish, discardTimeoutMilliseconds);
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > maxDiscardedBytes) finish();
    };
    request.on('data', onData);
    request.once('end', finish);
    request.once('close', finish);
  });
}
