import type { IncomingMessage, ServerResponse } from 'node:http';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * The access log's line: `localhost:0 - - [21/Nov/2025:10:00:00 +0000] "POST /RPC2 HTTP/1.1" 200 300`.
 *
 * @param bytes sent, the header of the answer included
 * @see supervisor/medusa/http_server.py, `http_request.log`
 */
export function accessLine(
  request: IncomingMessage,
  response: ServerResponse,
  { bytes, at }: { bytes: number; at: Date },
): string {
  const { remoteAddress = 'localhost', remotePort = 0 } = request.socket;
  const requestLine = `${request.method} ${request.url} HTTP/${request.httpVersion}`;
  return `${remoteAddress}:${remotePort} - - [${timestamp(at)}] "${requestLine}" ${response.statusCode} ${bytes}`;
}

function timestamp(at: Date): string {
  const day = `${twoDigits(at.getUTCDate())}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(twoDigits).join(':');
  return `${day}:${time} +0000`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
