import { request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

export interface HttpQuestion {
  /** By default GET, or POST with a form. */
  readonly method?: string;
  /** Fields of a form, sent as a browser does. */
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts when the client goes. */
  readonly signal?: AbortSignal;
}

/** One HTTP request on a unix socket. Redirections are not followed. */
export function httpRequest(
  socketPath: string,
  path: string,
  question: HttpQuestion = {},
): Promise<HttpAnswer> {
  const { form, headers = {}, signal } = question;
  const body = form && new URLSearchParams(form).toString();
  const { method = body === undefined ? 'GET' : 'POST' } = question;
  const formHeaders = body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath, path, method, headers: { ...formHeaders, ...headers }, ...(signal && { signal }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The token in the forms of a page; empty if there is none. */
export function tokenIn(page: string): string {
  return /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';
}

/** The message that a redirection leads to. */
export function messageOf({ headers }: HttpAnswer): string | null {
  const { location } = headers;
  return new URL(String(location), 'http://localhost/index.html').searchParams.get('message');
}
