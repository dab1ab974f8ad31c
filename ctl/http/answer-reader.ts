/**
 * Bytes → HTTP answers, as they come from the server: nothing of a message has to arrive in one piece. Only what a
 * client of supervisord meets: HTTP/1.x, bodies with a length, in chunks or up to the end of the connection.
 */

/** What an answer says before its body. */
export interface AnswerHead {
  readonly status: number;
  /** The words after the status, such as `Not Found`. */
  readonly reason: string;
  /** Whether the connection can be used again when the body has ended. */
  readonly keepsConnection: boolean;
}

/** Who is told of an answer as it is read. */
export interface AnswerListener {
  onHead(head: AnswerHead): void;
  onBody(bytes: Buffer): void;
  onEnd(): void;
}

/** The server sends something that is no HTTP. */
export class HttpSyntaxError extends Error {
  override readonly name = 'HttpSyntaxError';
  /** As the system would call it. */
  readonly code = 'EPROTO';
}

/** Longest head, and longest line between chunks, in bytes. */
const maxHeadBytes = 65_536;

const nothing = Buffer.alloc(0);

type State =
  /** Between two answers, or within a head. */
  | { readonly at: 'head' }
  /** `length` bytes of the body are still to come. */
  | { readonly at: 'body'; length: number }
  /** The body is all that comes until the connection ends. */
  | { readonly at: 'lastBody' }
  /** In front of a chunk: the line with its length. */
  | { readonly at: 'chunkLength' }
  | { readonly at: 'chunk'; length: number }
  /** Behind a chunk: the end of its line. */
  | { readonly at: 'chunkEnd' }
  /** Behind the last chunk: header lines up to an empty one. */
  | { readonly at: 'trailer' };

/** Reads the answers on one connection, one after the other. */
export class AnswerReader {
  readonly #listener: AnswerListener;
  #state: State = { at: 'head' };
  /** The beginning of a head or line whose end has not come. */
  #partial: Buffer = nothing;

  constructor(listener: AnswerListener) {
    this.#listener = listener;
  }

  /** @throws {HttpSyntaxError} */
  take(bytes: Buffer): void {
    let rest = this.#partial.length === 0 ? bytes : Buffer.concat([this.#partial, bytes]);
    this.#partial = nothing;
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (used === 0) {
        if (rest.length > maxHeadBytes) throw new HttpSyntaxError('A line without an end');
        this.#partial = rest;
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** The connection has ended, and with it a body that goes on for as long. */
  end(): void {
    if (this.#state.at === 'lastBody') this.#end();
  }

  /** @returns how many bytes it has used; 0: it needs more of them */
  #step(bytes: Buffer): number {
    const state = this.#state;
    switch (state.at) {
      case 'head':
        return this.#readHead(bytes);
      case 'lastBody':
        this.#listener.onBody(bytes);
        return bytes.length;
      case 'body':
      case 'chunk':
        return this.#readBody(bytes, state);
      case 'chunkLength':
      case 'chunkEnd':
      case 'trailer':
        return this.#readLine(bytes, state);
    }
  }

  #readHead(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    const { head, body } = parseHead(bytes.toString('latin1', 0, end));
    // An interim answer, such as 100 Continue, is followed by the real one.
    if (head.status >= 200) {
      this.#listener.onHead(head);
      if (body.at === 'body' && body.length === 0) this.#end();
      else this.#state = body;
    }
    return end + 4;
  }

  #readBody(bytes: Buffer, state: Extract<State, { readonly at: 'body' | 'chunk' }>): number {
    const part = bytes.subarray(0, state.length);
    this.#listener.onBody(part);
    state.length -= part.length;
    if (state.length > 0) return part.length;
    if (state.at === 'body') this.#end();
    else this.#state = { at: 'chunkEnd' };
    return part.length;
  }

  #readLine(bytes: Buffer, state: Extract<State, { at: 'chunkLength' | 'chunkEnd' | 'trailer' }>): number {
    const end = bytes.indexOf('\r\n');
    if (end < 0) return 0;
    const line = bytes.toString('latin1', 0, end);
    if (state.at === 'chunkLength') {
      const length = parseChunkLength(line);
      this.#state = length === 0 ? { at: 'trailer' } : { at: 'chunk', length };
    } else if (state.at === 'chunkEnd') {
      if (line !== '') throw new HttpSyntaxError('A chunk is longer than it says');
      this.#state = { at: 'chunkLength' };
    } else if (line === '') {
      this.#end();
    }
    return end + 2;
  }

  #end(): void {
    this.#state = { at: 'head' };
    this.#listener.onEnd();
  }
}

function parseHead(text: string): { readonly head: AnswerHead; readonly body: State } {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const version = statusLine.slice(0, 9);
  const code = statusLine.slice(9, 12);
  const status = Number(code);
  if ((version !== 'HTTP/1.1 ' && version !== 'HTTP/1.0 ') || !(status >= 100 && status <= 999)) {
    throw new HttpSyntaxError('No HTTP status line');
  }
  const headers = parseHeaders(lines);
  const body = bodyOf(status, headers);
  const connection = (headers.get('connection') ?? '').toLowerCase();
  const keeps = version === 'HTTP/1.1 ' ? !connection.includes('close') : connection.includes('keep-alive');
  return {
    head: { status, reason: statusLine.slice(13), keepsConnection: keeps && body.at !== 'lastBody' },
    body,
  };
}

/** By lower-case name; of several with one name the values, with commas between. */
function parseHeaders(lines: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new HttpSyntaxError('A header line without a name');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}

function bodyOf(status: number, headers: ReadonlyMap<string, string>): State {
  if (status < 200 || status === 204 || status === 304) return { at: 'body', length: 0 };
  const encoding = headers.get('transfer-encoding');
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== 'chunked') throw new HttpSyntaxError(`Transfer-Encoding: ${encoding}`);
    return { at: 'chunkLength' };
  }
  const written = headers.get('content-length');
  if (written === undefined) return { at: 'lastBody' };
  const length = parseDigits(written, 10);
  if (length === undefined) throw new HttpSyntaxError(`Content-Length: ${written}`);
  return { at: 'body', length };
}

/** What follows a `;` says more about the chunk, and means nothing to us. */
function parseChunkLength(line: string): number {
  const semicolon = line.indexOf(';');
  const written = (semicolon < 0 ? line : line.slice(0, semicolon)).trim();
  const length = parseDigits(written, 16);
  if (length === undefined) throw new HttpSyntaxError(`A chunk of the length "${written}"`);
  return length;
}

/** A number of digits alone, without sign, blanks or prefix. */
function parseDigits(text: string, base: 10 | 16): number | undefined {
  let value = text === '' ? Number.NaN : 0;
  // Not by a regular expression, which takes longer to compile than to read what a short command needs.
  for (const character of text.toLowerCase()) {
    const digit = digits.indexOf(character);
    value = digit >= 0 && digit < base ? value * base + digit : Number.NaN;
  }
  return Number.isSafeInteger(value) ? value : undefined;
}

const digits = '0123456789abcdef';
