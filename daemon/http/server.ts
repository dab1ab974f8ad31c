/**
 * The HTTP servers of the configuration.
 *
 * Opening and serving are two steps. A daemon opens its servers before it touches anything else, because
 * an address in use is how it learns that another daemon runs; it serves once it has something to tell.
 * Requests that come in between wait.
 *
 * @see supervisor/http.py, `make_http_servers`
 */
import { closeSync, lstatSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { isOpenServer } from '../../conf/open-servers.ts';
import type { HttpServerSettings } from '../../conf/settings.ts';
import { KeptFile } from '../host/kept-file.ts';
import type { RpcContext } from '../rpc/context.ts';
import { RpcDispatcher } from '../rpc/dispatcher.ts';
import { accessLine } from './access-log.ts';
import { discardBody } from './body.ts';
import { Connections, refuse } from './connections.ts';
import { type Exchange, type HttpApplication, replyError } from './exchange.ts';
import { Gate } from './gate.ts';
import {
  closeSockets,
  duplicateSocket,
  type HandedSocket,
  listeningAt,
  takeSocket,
} from './handed-socket.ts';
import { HttpServerError } from './http-server-error.ts';
import { listen, listenInet } from './listen.ts';
import { PageTokens } from './page/tokens.ts';
import { routes } from './routes.ts';
import { Turns } from './turns.ts';
import { listenHanded, listenUnix, type UnixServerSettings, type UnixSocketFile } from './unix-socket.ts';

const maxConnections = 512;
/** Guesses of one address that wait to be compared with a costly password. */
const maxWaitingGuesses = 16;
/** Time between two lines about connections that were not taken. */
const dropLineIntervalMilliseconds = 60_000;
/** How long closing waits for answers that are on their way. */
const graceMilliseconds = 1000;
/** Node looks for slow clients periodically; `Connections` has timers only when there are clients. */
const never = 2 ** 31 - 1;

/** Writes a line to the daemon's stderr. */
export type WarnLine = (line: string) => void;

/**
 * Opens all servers, or none.
 *
 * @param handed sockets that listen already, by what they were opened for
 * @throws {HttpServerError} whose message is for the user
 */
export async function openHttpServers(
  settings: readonly HttpServerSettings[],
  warn: WarnLine,
  handed: readonly HandedSocket[] = [],
): Promise<HttpServers> {
  const servers: HttpServer[] = [];
  const sockets = [...handed];
  const turns = new Turns(maxWaitingGuesses);
  try {
    for (const each of settings) {
      servers.push(await HttpServer.open(each, { turns, warn }, takeSocket(sockets, each)));
    }
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  } finally {
    closeSockets(sockets);
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
    const tokens = new PageTokens();
    const rpc = new RpcDispatcher(context);
    const rpcForAnybody = new RpcDispatcher(context, { isForAnybody: true });
    for (const server of this.#servers) {
      server.serve({ context, rpc: server.isOpen ? rpcForAnybody : rpc, tokens });
    }
  }

  /**
   * Ceases to accept connections and to read from those that are idle: whoever takes the sockets goes on with
   * both. Answers on their way are yet to be sent: see {@link close}.
   *
   * @throws {SystemError} `EMFILE`; nothing has changed
   */
  handOver(): HandedSocket[] {
    const listening: [HttpServer, number][] = [];
    try {
      for (const server of this.#servers) {
        const fd = server.duplicate();
        if (fd !== undefined) listening.push([server, fd]);
      }
    } catch (error) {
      for (const [, fd] of listening) closeSync(fd);
      throw error;
    }
    return listening.map(([server, fd]) => server.handOver(fd));
  }

  /**
   * Stops listening and removes the sockets' files. Answers on their way are sent, for a second at most;
   * idle connections and followed logs are ended.
   */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}

/** What all servers of a daemon have in common. */
interface Shared {
  readonly turns: Turns;
  readonly warn: WarnLine;
}

/** What there is once a server answers. */
interface Serving {
  readonly application: HttpApplication;
  readonly gate: Gate;
}

/** One server. */
class HttpServer {
  readonly #settings: HttpServerSettings;
  readonly #shared: Shared;
  readonly #server: Server;
  readonly #connections = new Connections();
  /** The requests that are being answered. */
  readonly #answering = new Map<AbortController, ServerResponse>();
  readonly #serving = Promise.withResolvers<Serving>();
  #socketFile: UnixSocketFile | undefined;
  #keptFile: KeptFile | undefined;
  #isClosing = false;
  #lastDropTold = Number.NEGATIVE_INFINITY;

  static async open(
    settings: HttpServerSettings,
    shared: Shared,
    handed: HandedSocket | undefined,
  ): Promise<HttpServer> {
    const server = new HttpServer(settings, shared);
    if (handed !== undefined) await server.#goOnWith(handed);
    else if (settings.type === 'inet') await listenInet(server.#server, settings.host, settings.port);
    else server.#socketFile = await listenUnix(server.#server, settings, shared.warn);
    return server;
  }

  private constructor(settings: HttpServerSettings, shared: Shared) {
    this.#settings = settings;
    this.#shared = shared;
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
    this.#server.on('drop', () => this.#tellOfDrop());
    // After listening these are errors of accept, such as too many open files: the next one may succeed.
    this.#server.on('error', (error) => this.#log('error', `${this.#settings.section}: ${error.message}`));
  }

  /** Whether anybody can talk to it. */
  get isOpen(): boolean {
    return isOpenServer(this.#settings);
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
    const gate = new Gate(this.#settings, { ...this.#shared, address: this.#server.address() });
    this.#serving.resolve({ application, gate });
    if (this.#settings.type === 'unix') this.#keepFile(this.#settings, context);
  }

  /** A socket that has lost its name cannot get it back: another one is made. */
  #keepFile(settings: UnixServerSettings, { log }: RpcContext): void {
    this.#keptFile = new KeptFile({
      path: settings.file,
      isThere: () => this.#socketFile?.isThere() === true,
      restore: async () => {
        // At the start a dead socket is replaced; now it may be one that its server is just about to listen on.
        if (lstatSync(settings.file, { throwIfNoEntry: false }) !== undefined) {
          throw new HttpServerError('another one has taken its place');
        }
        this.#server.close();
        this.#socketFile = await listenUnix(this.#server, settings, this.#shared.warn);
        if (this.#isClosing) this.#stopListening();
      },
      log,
    });
  }

  async #goOnWith({ fd, connections }: HandedSocket): Promise<void> {
    if (this.#settings.type === 'unix') {
      this.#socketFile = await listenHanded(this.#server, this.#settings, fd);
    } else {
      await listen(this.#server, { fd });
    }
    for (const connection of connections) {
      this.#server.emit('connection', new Socket({ fd: connection, allowHalfOpen: true }));
    }
  }

  /** A descriptor for {@link handOver}; `undefined`: it does not listen just now. @throws {SystemError} `EMFILE` */
  duplicate(): number | undefined {
    return duplicateSocket(this.#server);
  }

  /** Its socket goes on listening as `fd`, and its file stays. */
  handOver(fd: number): HandedSocket {
    const connections: number[] = [];
    this.#connections.handOver((socket) => {
      const connection = duplicateIfPossible(socket);
      if (connection !== undefined) connections.push(connection);
      return connection !== undefined;
    });
    for (const response of this.#answering.values()) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
    }
    this.#isClosing = true;
    this.#socketFile = undefined;
    this.#stopListening();
    return { fd, at: listeningAt(this.#settings), connections };
  }

  #stopListening(): void {
    this.#keptFile?.[Symbol.dispose]();
    this.#socketFile?.unlink();
    this.#server.close();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#stopListening();
    for (const answer of this.#answering.keys()) answer.abort();
    await this.#connections.close(graceMilliseconds);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    if (!this.#connections.begin(request)) {
      socket.destroy();
      return;
    }
    const answer = new AbortController();
    this.#answering.set(answer, response);
    response.once('close', () => {
      answer.abort();
      this.#answering.delete(answer);
      this.#connections.end(socket);
    });
    // Without a listener, a write to a client that has gone would end the daemon.
    response.on('error', () => {});

    const { application, gate } = await this.#serving.promise;
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
      if (await gate.admit(exchange)) await route(exchange);
    } catch (error) {
      const reason = error instanceof Error ? error.stack : String(error);
      context.log('critical', `Server Error: ${reason}`);
      replyError(exchange, 500, { Connection: 'close' });
      if (!response.writableEnded) response.destroy();
    }
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
    // What follows a request can be wrong, such as a body of unknown length; the request still has its answer.
    else if (this.#connections.isActive(socket)) this.#connections.closeWhenIdle(socket);
    else refuse(socket, error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400);
  }

  /** A flood of connections must not become a flood of lines. */
  #tellOfDrop(): void {
    const now = performance.now();
    if (now - this.#lastDropTold < dropLineIntervalMilliseconds) return;
    this.#lastDropTold = now;
    this.#log(
      'warn',
      `${this.#settings.section}: more than ${maxConnections} connections; the others are closed at once`,
    );
  }

  #log(level: 'error' | 'warn', text: string): void {
    void this.#serving.promise.then(({ application }) => application.context.log(level, text));
  }
}

/** A connection that cannot be handed over is closed. */
function duplicateIfPossible(socket: Socket): number | undefined {
  try {
    return duplicateSocket(socket);
  } catch {
    return undefined;
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
