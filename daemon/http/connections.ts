import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorPage } from './error-page.ts';

/** How long a new connection may take to send the header of its first request. */
const firstRequestMilliseconds = 30_000;
/** How long a connection is kept for the next one. Clients of supervisord rely on patience here. */
const nextRequestMilliseconds = 30 * 60_000;
/** Requests that a client may send without waiting for answers. */
export const maxPipelined = 128;

/**
 * The open connections of a server, and how many requests each is answering. Timers run only while a
 * request is due, so a server with no connections never wakes up.
 */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  #whenIdle: (() => void) | undefined;

  /** A connection was accepted. */
  add(socket: Socket): void {
    const connection: Connection = {
      active: 0,
      newest: undefined,
      bytesAnswered: 0,
      isEnding: false,
      timer: undefined,
    };
    this.#open.set(socket, connection);
    limitWait(socket, connection, firstRequestMilliseconds);
    socket.once('close', () => {
      clearTimeout(connection.timer);
      this.#open.delete(socket);
      this.#noticeIdle();
    });
  }

  /**
   * The header of a request is complete.
   *
   * @returns whether to answer it: not if the client has far more under way than it waits for
   */
  begin(request: IncomingMessage): boolean {
    const connection = this.#open.get(request.socket);
    if (connection === undefined || connection.active === maxPipelined) return false;
    connection.active += 1;
    connection.newest = request;
    clearTimeout(connection.timer);
    return true;
  }

  /** A request is answered, or its client has gone. */
  end(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    connection.active -= 1;
    if (connection.active === 0) {
      connection.bytesAnswered = socket.bytesRead;
      if (connection.isEnding) socket.destroySoon();
      else limitWait(socket, connection, nextRequestMilliseconds);
    }
    this.#noticeIdle();
  }

  /** Whether a request of the connection is being answered. */
  isActive(socket: Socket): boolean {
    return (this.#open.get(socket)?.active ?? 0) > 0;
  }

  /** Closes a connection on which nothing good can follow, once what was asked so far is answered. */
  closeWhenIdle(socket: Socket): void {
    const connection = this.#open.get(socket);
    // A request whose body is broken will never be answered.
    if (connection?.newest?.complete) connection.isEnding = true;
    else socket.destroy();
  }

  /**
   * Lets go of the connections on which nothing is under way, once `keep` has been called with each; it says
   * whether somebody else goes on with it. The others take no more requests.
   */
  handOver(keep: (socket: Socket) => boolean): void {
    for (const [socket, connection] of this.#open) {
      const { active, isEnding, bytesAnswered } = connection;
      // Of a request that has begun to arrive nobody else would know the beginning.
      const isIdle = active === 0 && !isEnding && socket.bytesRead === bytesAnswered;
      if (isIdle && keep(socket)) socket.destroy();
      else connection.isEnding = true;
    }
  }

  /**
   * Closes all: idle ones now, others once their answers are sent or `graceMilliseconds` have passed.
   */
  async close(graceMilliseconds: number): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
    const timer = setTimeout(() => this.#whenIdle?.(), graceMilliseconds);
    this.#noticeIdle();
    await idle;
    clearTimeout(timer);
    this.#whenIdle = undefined;
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #noticeIdle(): void {
    if (this.#whenIdle === undefined) return;
    for (const [socket, connection] of this.#open) if (isBusy(socket, connection)) return;
    this.#whenIdle();
  }
}

interface Connection {
  active: number;
  /** The last request whose header was complete. */
  newest: IncomingMessage | undefined;
  /** How many bytes had been read when nothing was left to answer. */
  bytesAnswered: number;
  /** Whether to close when all is answered. */
  isEnding: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Whether there is something to answer, or about to be on a connection that nobody else can go on with. */
function isBusy({ bytesRead }: Socket, { active, isEnding, bytesAnswered }: Connection): boolean {
  return active > 0 || (isEnding && bytesRead !== bytesAnswered);
}

/** Closes the connection unless the header of a request is complete by then. */
function limitWait(socket: Socket, connection: Connection, milliseconds: number): void {
  clearTimeout(connection.timer);
  connection.timer = setTimeout(() => {
    if (socket.bytesRead > 0 && socket.bytesWritten === 0) refuse(socket, 408);
    else socket.destroy();
  }, milliseconds);
  connection.timer.unref();
}

/** Answers what is no request, and closes. */
export function refuse(socket: Socket, status: number): void {
  const page = errorPage(status);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
    () => socket.destroy(),
  );
}
