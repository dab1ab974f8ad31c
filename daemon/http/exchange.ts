import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { RpcContext } from '../rpc/context.ts';
import type { RpcDispatcher } from '../rpc/dispatcher.ts';
import { errorPage } from './error-page.ts';
import type { PageTokens } from './page/tokens.ts';

/** What the handlers answer from. */
export interface HttpApplication {
  readonly context: RpcContext;
  readonly rpc: RpcDispatcher;
  readonly tokens: PageTokens;
}

/** One request, and the answer to it. */
export interface Exchange extends HttpApplication {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** As the request line has it, query included. */
  readonly url: string;
  /** Aborts when the client has gone or the server closes: an answer that never ends should end. */
  readonly abortSignal: AbortSignal;
}

/** Answers, with a length. */
export function reply(
  { response }: Exchange,
  status: number,
  headers: OutgoingHttpHeaders,
  body: string | Buffer,
): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** Answers with the error page of that status. */
export function replyError(exchange: Exchange, status: number, headers: OutgoingHttpHeaders = {}): void {
  reply(exchange, status, { ...headers, 'Content-Type': 'text/html' }, errorPage(status));
}
