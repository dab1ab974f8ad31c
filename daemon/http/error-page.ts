import { STATUS_CODES } from 'node:http';

/** The body of every answer of the server that is no success, as supervisord's clients know it. */
export function errorPage(status: number): string {
  return [
    '<head>',
    '<title>Error response</title>',
    '</head>',
    '<body>',
    '<h1>Error response</h1>',
    `<p>Error code ${status}.`,
    `<p>Message: ${STATUS_CODES[status] ?? 'Unknown'}.`,
    '</body>',
    '',
  ].join('\r\n');
}
