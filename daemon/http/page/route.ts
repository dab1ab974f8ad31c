/**
 * The pages: `/` and `/index.html` (status), `/tail.html` (the end of a log) and `/ok.html` (for health
 * checks). Only a form with the token of the page changes anything; a link to an action is answered with
 * such a form.
 *
 * @see supervisor/web.py
 */
import type { OutgoingHttpHeaders } from 'node:http';
import { readBody } from '../body.ts';
import { type Exchange, reply, replyError } from '../exchange.ts';
import { pathOf } from '../path.ts';
import { type ActionName, actions, isActionName, perform } from './actions.ts';
import { renderQuestion, renderRefusal, renderStatus, renderTail } from './render.ts';
import { statusView } from './status-view.ts';
import { tailView } from './tail-view.ts';

/** What the query and the form say, by name. Empty ones are as good as missing. */
type Fields = ReadonlyMap<string, string>;

type Page = (exchange: Exchange, fields: Fields) => void | Promise<void>;

/** By path, without slashes at its beginning. */
export const pages: ReadonlyMap<string, Page> = new Map<string, Page>([
  ['', answerStatus],
  ['index.html', answerStatus],
  ['tail.html', answerTail],
  ['ok.html', answerOk],
]);

const maxFormBytes = 64 * 1024;

/** Answers with the page of that path. */
export async function answerPage(exchange: Exchange): Promise<void> {
  const fields = await readFields(exchange);
  if (fields !== undefined) await pages.get(pathOf(exchange.url))?.(exchange, fields);
}

async function answerStatus(exchange: Exchange, fields: Fields): Promise<void> {
  const action = fields.get('action');
  if (action !== undefined) {
    await answerAction(exchange, action, fields);
    return;
  }
  const { context, tokens, request } = exchange;
  const view = statusView(context, {
    message: fields.get('message'),
    warnings: context.warnings(),
    token: tokens.issue(request.headers.authorization),
  });
  replyPage(exchange, 200, renderStatus(view));
}

async function answerTail(exchange: Exchange, fields: Fields): Promise<void> {
  const channel = fields.get('channel') ?? 'stdout';
  if (channel !== 'stdout' && channel !== 'stderr') {
    replyError(exchange, 400);
    return;
  }
  const [namespec, limit] = [fields.get('processname'), fields.get('limit')];
  replyPage(exchange, 200, renderTail(await tailView(exchange.context, { namespec, channel, limit })));
}

/** Says that the daemon answers requests, and nothing more. */
function answerOk(exchange: Exchange): void {
  reply(exchange, 200, { 'Content-Type': 'text/plain' }, 'OK');
}

async function answerAction(exchange: Exchange, name: string, fields: Fields): Promise<void> {
  if (!isActionName(name)) {
    replyError(exchange, 400);
    return;
  }
  const { changes } = actions[name];
  const namespec = changes === 'process' ? fields.get('processname') : '';
  if (namespec === undefined) {
    replyError(exchange, 400);
    return;
  }
  if (changes !== 'nothing' && !admit(exchange, name, namespec, fields.get('token'))) return;
  const message = await perform(exchange.context, name, namespec);
  // See Other: reloading the page that follows does not repeat the action.
  replyError(exchange, 303, { Location: `./?message=${encodeURIComponent(shortened(message))}` });
}

/** Lets an action pass that a page of ours has sent, and answers all others. */
function admit(exchange: Exchange, name: ActionName, namespec: string, token: string | undefined): boolean {
  const { context, request, tokens } = exchange;
  const { authorization } = request.headers;
  if (request.method !== 'POST') {
    context.log('warn', `Web page: "${name}" was asked for by a link, which does nothing`);
    const question = renderQuestion(name, namespec, tokens.issue(authorization));
    replyPage(exchange, 405, question, { Allow: 'POST' });
    return false;
  }
  if (!tokens.accepts(authorization, token)) {
    context.log('warn', `Web page: "${name}" was refused: it did not come from a current page`);
    replyPage(exchange, 403, renderRefusal());
    return false;
  }
  return true;
}

/** @returns `undefined` if the body cannot be had, which is answered */
async function readFields(exchange: Exchange): Promise<Fields | undefined> {
  const { request, response, url } = exchange;
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  // Of several values in the query the first counts, and of those in the form the last, as in supervisord.
  let fields = [...new URLSearchParams(query)].reverse();
  if (request.method === 'POST') {
    const received = await readBody(request, response, maxFormBytes);
    if (received.type === 'client-gone') return undefined;
    if (received.type === 'refused') {
      // The rest of the body would be taken for the next request.
      replyError(exchange, received.status, { Connection: 'close' });
      return undefined;
    }
    fields = [...fields, ...new URLSearchParams(received.body.toString())];
  }
  return new Map(fields.filter(([, value]) => value !== ''));
}

/** Characters of a message, whose encoded form is part of a URL. */
const maxMessage = 1000;

function shortened(message: string): string {
  const text = message.length > maxMessage ? `${message.slice(0, maxMessage)}…` : message;
  return text.toWellFormed();
}

const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

function replyPage(
  exchange: Exchange,
  status: number,
  page: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const always = {
    'Content-Type': 'text/html;charset=utf-8',
    Pragma: 'no-cache',
    'Cache-Control': 'no-cache',
    Expires: new Date(0).toUTCString(),
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    // With no-referrer browsers would send `Origin: null` with our own forms.
    'Referrer-Policy': 'same-origin',
  };
  reply(exchange, status, { ...always, ...headers }, page);
}
