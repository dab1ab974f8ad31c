import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import process from 'node:process';
import { decodeResponse, type Encodable, encodeCall, XmlRpcError, type XmlRpcValue } from '../rpc/xmlrpc.ts';
import { ConnectionFailure, HttpFailure, ServerFault, UnexpectedAnswer } from './failures.ts';
import { parseServerUrl } from './server-url.ts';

// An import statement evaluates every export of a built-in module, and one of these loads a whole WebSocket
// client: 27 ms of a start that takes 60, against 3 ms this way.
const { Agent, request } = process.getBuiltinModule('node:http');

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
  readonly #agent = new Agent({ keepAlive: true });
  readonly #headers: Readonly<Record<string, string>>;

  constructor(serverurl: string, { username, password }: ClientCredentials) {
    this.serverurl = serverurl;
    const authorized = Boolean(username) && Boolean(password);
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    this.#headers = authorized ? { Authorization: `Basic ${basic}` } : {};
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
    const body = Buffer.from(encodeCall(method, params));
    const answer = await this.#request({
      method: 'POST',
      path: '/RPC2',
      headers: { 'Content-Type': 'text/xml', Accept: 'text/xml', 'Content-Length': body.length },
      body,
    });
    const text = await this.#readText(answer);
    if (answer.statusCode !== 200) throw this.#httpFailure(answer);
    const response = decode(text, method);
    if (response.type === 'fault') throw new ServerFault(response.code, response.text);
    return response.value;
  }

  /**
   * Follows a log: the end of it, then what is added, until the server or `abortSignal` ends it.
   *
   * @param path such as `/logtail/web/stdout`
   * @throws {ConnectionFailure} if the server cannot be reached
   * @throws {HttpFailure} for any HTTP status but 200
   */
  async follow(path: string, abortSignal: AbortSignal): Promise<IncomingMessage> {
    const answer = await this.#request({ method: 'GET', path, headers: { Accept: '*/*' }, abortSignal });
    if (answer.statusCode === 200) return answer;
    answer.destroy();
    throw this.#httpFailure(answer);
  }

  /** Closes all connections, so that nothing keeps the program alive. */
  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #httpFailure({ statusCode, statusMessage }: IncomingMessage): HttpFailure {
    return new HttpFailure(this.serverurl, statusCode ?? 0, statusMessage ?? '');
  }

  async #request(wanted: Wanted): Promise<IncomingMessage> {
    const address = parseServerUrl(this.serverurl);
    const options: RequestOptions = {
      ...(address.type === 'unix'
        ? { socketPath: address.path, host: 'localhost' }
        : { host: address.host, port: address.port }),
      agent: this.#agent,
      method: wanted.method,
      path: wanted.path,
      headers: { 'User-Agent': 'supervisorctl', ...this.#headers, ...wanted.headers },
    };
    if (wanted.abortSignal) options.signal = wanted.abortSignal;
    for (;;) {
      const outcome = await exchange(request(options), wanted.body);
      if (outcome.type === 'answer') return outcome.answer;
      if (!outcome.wasStale) throw new ConnectionFailure(this.serverurl, outcome.error);
    }
  }

  async #readText(answer: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of answer) chunks.push(chunk);
    } catch (error) {
      throw new ConnectionFailure(this.serverurl, error);
    }
    return Buffer.concat(chunks).toString();
  }
}

interface Wanted {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: Buffer;
  readonly abortSignal?: AbortSignal;
}

/** `wasStale`: the server had closed the kept connection before it saw the request. */
type Outcome =
  | { readonly type: 'answer'; readonly answer: IncomingMessage }
  | { readonly type: 'failed'; readonly error: Error; readonly wasStale: boolean };

function exchange(request: ClientRequest, body: Buffer | undefined): Promise<Outcome> {
  return new Promise((resolve) => {
    request.on('response', (answer) => resolve({ type: 'answer', answer }));
    request.on('error', (error: NodeJS.ErrnoException) => {
      // Only EPIPE says that nothing was read: after a reset the server may have begun to start a process.
      resolve({ type: 'failed', error, wasStale: request.reusedSocket && error.code === 'EPIPE' });
    });
    request.end(body);
  });
}

function decode(text: string, method: string): ReturnType<typeof decodeResponse> {
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
