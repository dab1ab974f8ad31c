/**
 * The files that the pages need. They are part of the program: a request chooses among these names, and
 * no path of it reaches the file system.
 */
import { createHash } from 'node:crypto';
import { type Exchange, reply, replyError } from './exchange.ts';
import { stylesheet } from './page/stylesheet.ts';
import { pathOf } from './path.ts';

class StaticFile {
  readonly type: string;
  readonly body: Buffer;
  #etag: string | undefined;

  constructor(type: string, text: string) {
    this.type = type;
    this.body = Buffer.from(text);
  }

  /** Worked out for the first who asks: most daemons are never asked. */
  get etag(): string {
    this.#etag ??= `"${createHash('sha256').update(this.body).digest('base64url').slice(0, 22)}"`;
    return this.#etag;
  }
}

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#12662a"/><path d="M4 5h8M4 8h8M4 11h5" stroke="#fff" stroke-width="1.6" stroke-linecap="round"/></svg>
`;

const files: ReadonlyMap<string, StaticFile> = new Map([
  ['stylesheets/supervisor.css', new StaticFile('text/css;charset=utf-8', stylesheet)],
  ['images/icon.svg', new StaticFile('image/svg+xml', icon)],
]);

/** They change only with the program, so they are as old as this process at most. */
const modified = new Date(Math.floor(Date.now() / 1000) * 1000);

/** Answers with a file, or that the client's copy of it is still good. */
export function answerStaticFile(exchange: Exchange): void {
  const file = files.get(pathOf(exchange.url));
  if (file === undefined) {
    replyError(exchange, 404);
    return;
  }
  const headers = {
    'Last-Modified': modified.toUTCString(),
    ETag: file.etag,
    // Kept, but asked about each time: an upgrade changes them.
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  };
  if (isUnchanged(exchange, file)) {
    exchange.response.writeHead(304, headers).end();
    return;
  }
  reply(exchange, 200, { 'Content-Type': file.type, ...headers }, file.body);
}

/** The tag counts before the time, as HTTP has it. */
function isUnchanged({ request: { headers } }: Exchange, { etag }: StaticFile): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return since >= modified.getTime();
}
