import { encodeCall } from '../rpc/xmlrpc-encode.ts';
import { decodePlainResponse } from '../rpc/xmlrpc-plain.ts';
import { type Encodable, type MethodResponse, XmlRpcError, type XmlRpcValue } from '../rpc/xmlrpc-values.ts';
import { ConnectionFailure, errorCode, HttpFailure, ServerFault, UnexpectedAnswer } from './failures.ts';
import { Connection } from './http/connection.ts';
import type { Answer } from './http/exchange.ts';
import { parseServerUrl, type ServerAddress } from './server-url.ts';

/** Sent only if both are set and not empty. */
export interface ClientCredentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/**
 * The connection to one supervisord. Calls made one after the other share a connection; calls made at
 * the same time get one each, so that a call that waits holds up no other.
 *
 * @see supervisor/xmlrpc.py, `SupervisorTransport`
 */
export class Client implements Disposable {
  readonly serverurl: string;
  readonly #authorization: string;
  readonly #connections = new Set<Connection>();

  constructor(serverurl: string, { username, password }: ClientCredentials) {
    this.serverurl = serverurl;
    const isAuthorized = Boolean(username) && Boolean(password);
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    this.#authorization = isAuthorized ? `Authorization: Basic ${basic}\r\n` : '';
  }

  /**
   * Calls `method`, such as `supervisor.getPID`, and waits for its answer however long it takes.
   *
   * @throws {ServerFault} if the answer is a fault
   * @throws {ConnectionFailure} if the server cannot be reached
   * @throws {HttpFailure} for any HTTP status but 200
   * @throws {UnexpectedAnswer} if the answer is no XML-RPC
   */
  async call(method: string, ...params: readonly Encodable[]): Promise<XmlRpcValue> {
    const body = encodeCall(method, params);
    const length = Buffer.byteLength(body);
    const headers = `Content-Type: text/xml\r\nAccept: text/xml\r\nContent-Length: ${length}\r\n`;
    const answer = await this.#exchange('POST /RPC2', headers, { body });
    const text = await this.#readText(answer);
    if (answer.status !== 200) throw this.#httpFailure(answer);
    const response = decodePlainResponse(text) ?? (await parse(text, method));
    if (response.type === 'fault') throw new ServerFault(response.code, response.text);
    return response.value;
  }

  /**
   * Follows a log: the end of it, then what is added, until the server or `abortSignal` ends it.
   *
   * @param path such as `/logtail/web/stdout`
   * @returns what comes, as it comes; throws ECONNRESET if the server breaks off
   * @throws {ConnectionFailure} if the server cannot be reached
   * @throws {HttpFailure} for any HTTP status but 200
   */
  async follow(path: string, abortSignal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.#exchange(`GET ${path}`, 'Accept: */*\r\n', { abortSignal });
    if (answer.status === 200) return answer.body;
    answer.discard();
    throw this.#httpFailure(answer);
  }

  /** Closes all connections, so that nothing keeps the program alive. */
  [Symbol.dispose](): void {
    for (const connection of this.#connections) connection[Symbol.dispose]();
  }

  #httpFailure({ status, reason }: Answer): HttpFailure {
    return new HttpFailure(this.serverurl, status, reason);
  }

  async #exchange(
    methodAndPath: string,
    headers: string,
    { body = '', abortSignal }: { readonly body?: string; readonly abortSignal?: AbortSignal },
  ): Promise<Answer> {
    const address = parseServerUrl(this.serverurl);
    const request =
      `${methodAndPath} HTTP/1.1\r\nHost: ${hostHeader(address)}\r\nUser-Agent: supervisorctl\r\n` +
      `${this.#authorization}${headers}Connection: keep-alive\r\n\r\n${body}`;
    for (;;) {
      const kept = [...this.#connections].find((connection) => connection.isIdle);
      try {
        return await (kept ?? this.#connect(address)).exchange(request, abortSignal);
      } catch (error) {
        // A kept connection may have been closed before the server saw the request. Only EPIPE says that nothing
        // was read: after a reset the server may have begun to start a process.
        const wasStale = kept !== undefined && errorCode(error) === 'EPIPE';
        if (!wasStale) throw new ConnectionFailure(this.serverurl, error);
      }
    }
  }

  #connect(address: ServerAddress): Connection {
    const connection = new Connection(address, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    return connection;
  }

  async #readText({ body }: Answer): Promise<string> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of body) chunks.push(chunk);
    } catch (error) {
      throw new ConnectionFailure(this.serverurl, error);
    }
    return Buffer.concat(chunks).toString();
  }
}

function hostHeader(address: ServerAddress): string {
  if (address.type === 'unix') return 'localhost';
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return address.port === 80 ? host : `${host}:${address.port}`;
}

async function parse(text: string, method: string): Promise<MethodResponse> {
  const { decodeResponse } = await import('../rpc/xmlrpc-decode.ts');
  try {
    return decodeResponse(withoutIllegalCharacters(text));
  } catch (error) {
    if (!(error instanceof XmlRpcError)) throw error;
    throw new UnexpectedAnswer(`Cannot read the answer to ${method}: ${error.message}`, { cause: error });
  }
}

/**
 * supervisord sends the control characters of coloured logs as they are, which no XML parser accepts.
 * They are shown as U+FFFD.
 */
function withoutIllegalCharacters(xml: string): string {
  return xml.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd');
}
