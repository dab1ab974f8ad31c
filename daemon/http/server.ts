/**
 * The HTTP servers of the configuration.
 *
 * Opening and serving are two steps. A daemon opens its servers before it touches anything else, because
 * an address in use is how it learns that another daemon runs; it serves once it has something to tell.
 * Requests that come in between wait.
 *
 * @see supervisor/http.py, `make_http_servers`
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpServerSettings } from '../../conf/settings.ts';
import type { RpcContext } from '../rpc/context.ts';
import { RpcDispatcher } from '../rpc/dispatcher.ts';
import { accessLine } from './access-log.ts';
import { authenticate } from './authentication.ts';
import { discardBody } from './body.ts';
import { Connections, refuse } from './connections.ts';
import { type Exchange, type HttpApplication, replyError } from './exchange.ts';
import { listenInet } from './listen.ts';
import { isForeignOrigin } from './origin.ts';
import { PageTokens } from './page/tokens.ts';
import { routes } from './routes.ts';
import { listenUnix, type UnixSocketFile } from './unix-socket.ts';

const maxConnections = 512;
/** How long closing waits for answers that are on their way. */
const graceMilliseconds = 1000;
/** Node looks for slow clients periodically; `Connections` has timers only when there are clients. */
const never = 2 ** 31 - 1;

/** Writes a line to the daemon's stderr. */
export type WarnLine = (line: string) => void;

/**
 * Opens all servers, or none.
 *
 * @throws {HttpServerError} whose message is for the user
 */
export async function openHttpServers(
  settings: readonly HttpServerSettings[],
  warn: WarnLine,
): Promise<HttpServers> {
  const servers: HttpServer[] = [];
  try {
    for (const each of settings) servers.push(await HttpServer.open(each, warn));
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
  return new HttpServers(servers);
}

/** The open servers of a daemon. */
export class HttpServers {
  readonly #servers: readonly HttpServer[];

  constructor(servers: readonly HttpServer[]) {
    this.#servers = servers;
  }

  /** Begins to answer, and tells the log of each server. */
  serve(context: RpcContext): void {
    const application = { context, rpc: new RpcDispatcher(context), tokens: new PageTokens() };
    for (const server of this.#servers) server.serve(application);
  }

  /**
   * Stops listening and removes the sockets' files. Answers on their way are sent, for a second at most;
   * idle connections and followed logs are ended.
   */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}

/** One server. */
class HttpServer {
  readonly #settings: HttpServerSettings;
  readonly #warn: WarnLine;
  readonly #server: Server;
  readonly #connections = new Connections();
  /** One for each request that is being answered. */
  readonly #answering = new Set<AbortController>();
  readonly #application = Promise.withResolvers<HttpApplication>();
  #socketFile: UnixSocketFile | undefined;

  static async open(settings: HttpServerSettings, warn: WarnLine): Promise<HttpServer> {
    const server = new HttpServer(settings, warn);
    if (settings.type === 'inet') await listenInet(server.#server, settings.host, settings.port);
    else server.#socketFile = await listenUnix(server.#server, settings, warn);
    return server;
  }

  private constructor(settings: HttpServerSettings, warn: WarnLine) {
    this.#settings = settings;
    this.#warn = warn;
    this.#server = createServer({
      connectionsCheckingInterval: never,
      headersTimeout: 0,
      keepAlive: true,
      keepAliveTimeout: 0,
      requestTimeout: 0,
      // Clients of supervisord may leave the header out.
      requireHostHeader: false,
    });
    this.#server.maxConnections = maxConnections;
    // A client may close its side when it has asked, and still read the answer.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#handle(request, response);
    };
    this.#server.on('request', onRequest);
    this.#server.on('checkContinue', onRequest);
    this.#server.on('checkExpectation', onRequest);
    this.#server.on('connection', (socket) => this.#connections.add(socket));
    this.#server.on('clientError', (error, socket) => this.#onClientError(error, socket as Socket));
    // After listening these are errors of accept, such as too many open files: the next one may succeed.
    this.#server.on('error', (error) => this.#log('error', `${this.#settings.section}: ${error.message}`));
  }

  serve(application: HttpApplication): void {
    const { context } = application;
    for (const namespace of context.namespaces) {
      context.log('info', `RPC interface '${namespace}' initialized`);
    }
    if (this.#settings.credentials === undefined) {
      context.log(
        'critical',
        `Server '${this.#settings.section}' running without any HTTP authentication checking`,
      );
    }
    this.#application.resolve(application);
  }

  async close(): Promise<void> {
    this.#socketFile?.unlink();
    this.#server.close();
    for (const answer of this.#answering) answer.abort();
    await this.#connections.close(graceMilliseconds);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const answer = new AbortController();
    this.#answering.add(answer);
    this.#connections.begin(socket);
    response.once('close', () => {
      answer.abort();
      this.#answering.delete(answer);
      this.#connections.end(socket);
    });
    // Without a listener, a write to a client that has gone would end the daemon.
    response.on('error', () => {});

    const application = await this.#application.promise;
    const { context } = application;
    const written = socket.bytesWritten;
    if (context.logs('trace')) {
      response.once('close', () => {
        const bytes = socket.bytesWritten - written;
        context.log('trace', accessLine(request, response, { bytes, at: new Date(context.now() * 1000) }));
      });
    }
    response.setHeader('Server', `supervisord/${context.productVersion}`);
    const { signal: abortSignal } = answer;
    const exchange = { ...application, request, response, url: request.url ?? '', abortSignal };
    try {
      if (await this.#admit(exchange)) await route(exchange);
    } catch (error) {
      const reason = error instanceof Error ? error.stack : String(error);
      context.log('critical', `Server Error: ${reason}`);
      replyError(exchange, 500, { Connection: 'close' });
      if (!response.writableEnded) response.destroy();
    }
  }

  /** The one gate: nothing is served, and no route looked up, for whom it refuses. */
  async #admit(exchange: Exchange): Promise<boolean> {
    const { request } = exchange;
    const { credentials } = this.#settings;
    if (credentials !== undefined) {
      const result = authenticate(credentials, request.headers.authorization);
      if (result.type !== 'granted') {
        if (result.type === 'unknown-scheme' && /^[\w-]{1,32}$/.test(result.scheme)) {
          this.#warn(`unknown/unsupported auth method: ${result.scheme}`);
        }
        await discardBody(request);
        replyError(exchange, 401, { Connection: 'close', 'WWW-Authenticate': 'Basic realm="default"' });
        return false;
      }
    }
    if (isForeignOrigin(request.headers)) {
      await discardBody(request);
      replyError(exchange, 403, { Connection: 'close' });
      return false;
    }
    return true;
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    // In the midst of an answer there is no place for another.
    if (!socket.writable || error.code === 'ECONNRESET' || this.#connections.isActive(socket)) {
      socket.destroy();
      return;
    }
    refuse(socket, error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400);
  }

  #log(level: 'error', text: string): void {
    void this.#application.promise.then(({ context }) => context.log(level, text));
  }
}

async function route(exchange: Exchange): Promise<void> {
  const { request, url } = exchange;
  const found = routes.find((candidate) => candidate.matches(request, url));
  if (found?.methods.has(request.method ?? '')) {
    await found.handle(exchange);
    return;
  }
  await discardBody(request);
  replyError(exchange, found === undefined ? 404 : 400, { Connection: 'close' });
}
