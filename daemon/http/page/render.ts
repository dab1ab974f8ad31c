/** From what a page shows to its HTML. Links are relative, so that a proxy may put the page anywhere. */
import type { ProcessStateName } from '../../../rpc/process-states.ts';
import { type ActionName, actions } from './actions.ts';
import { html, type Markup } from './html.ts';
import type { ProcessRow, StatusView } from './status-view.ts';
import type { TailView } from './tail-view.ts';

/** The status page. */
export function renderStatus(view: StatusView): string {
  const { daemonState, message, warnings, processes, token } = view;
  return document(
    'Supervisor Status',
    html`${warnings.map((warning) => html`<p class="notice warning" role="note">${warning}</p>\n`)}
${daemonState === 'RUNNING' ? undefined : html`<p class="notice" role="note">supervisord is ending (${daemonState.toLowerCase()})</p>`}
${message === undefined ? undefined : html`<p class="notice message" role="status">${message}</p>`}
<form class="all" method="post" action="index.html">
<a class="button" href="index.html?action=refresh">${actions.refresh.label}</a>
${daemonState === 'RUNNING' ? buttonsForAll(token) : undefined}
</form>
${processes.length === 0 ? html`<p>No programs to manage</p>` : table(processes, token)}`,
    html`Supervisor ${view.supervisorVersion}, supervisord-ts ${view.productVersion}`,
  );
}

/** The page with the end of a log. */
export function renderTail({ namespec, channel, limit, text }: TailView): string {
  const other = channel === 'stdout' ? 'stderr' : 'stdout';
  const links =
    namespec === undefined
      ? undefined
      : html`<a class="button" href="${tailUrl(namespec, { limit, channel })}">Refresh</a>
<a class="button" href="${tailUrl(namespec, { limit, channel: other })}">${capitalised(other)}</a>
<a class="button" href="${followUrl(namespec, channel)}">Tail -f</a>
`;
  // A parser passes over a newline that begins a pre, so one is there to be passed over.
  return document(
    `Supervisor tail of process ${namespec ?? ''}`,
    html`<h2>${channel} of ${namespec ?? 'no process'}</h2>
<p>${links}<a class="button" href="./">All processes</a></p>
<pre>
${text}</pre>`,
  );
}

/**
 * Answers a link to an action: the same as a form, since links do not act.
 *
 * @param namespec empty for an action on everything
 */
export function renderQuestion(name: ActionName, namespec: string, token: string): string {
  const { label } = actions[name];
  return document(
    `Supervisor: ${label}`,
    html`<h2>${label}${namespec === '' ? '' : `: ${namespec}`}?</h2>
<p>Nothing has been done yet. A link cannot start or stop anything, this button can.</p>
<form method="post" action="index.html">
${hidden('token', token)}
${namespec === '' ? undefined : hidden('processname', namespec)}
<button name="action" value="${name}">${label}</button>
<a class="button" href="./">Back</a>
</form>`,
  );
}

/** Answers a form that has not the token of this daemon. */
export function renderRefusal(): string {
  return document(
    'Supervisor: nothing was done',
    html`<h2>Nothing was done</h2>
<p>The page that this came from is not up to date: supervisord has started since, or you have logged in as
somebody else. Or it came from another site altogether.</p>
<p><a class="button" href="./">Load the page again</a></p>`,
  );
}

function document(title: string, main: Markup, footer?: Markup): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="stylesheets/supervisor.css">
<link rel="icon" type="image/svg+xml" href="images/icon.svg">
</head>
<body>
<header><h1><a href="./">Supervisor</a></h1></header>
<main>
${main}
</main>
${footer === undefined ? undefined : html`<footer>${footer}</footer>\n`}</body>
</html>
`.source;
}

function buttonsForAll(token: string): Markup {
  return html`${hidden('token', token)}
${(['restartall', 'stopall'] as const).map((name) => html`<button name="action" value="${name}">${actions[name].label}</button>\n`)}`;
}

function table(processes: readonly ProcessRow[], token: string): Markup {
  return html`<table>
<thead>
<tr><th scope="col">State</th><th scope="col">Description</th><th scope="col">Name</th><th scope="col">Action</th></tr>
</thead>
<tbody>
${processes.map((process) => row(process, token))}</tbody>
</table>`;
}

function row({ namespec, state, description, actions: names }: ProcessRow, token: string): Markup {
  return html`<tr>
<td><span class="state ${stateClass(state)}">${state.toLowerCase()}</span></td>
<td>${description}</td>
<th scope="row"><a href="${tailUrl(namespec)}">${namespec}</a></th>
<td><form method="post" action="index.html">
${hidden('token', token)}
${hidden('processname', namespec)}
${names.map((name) => html`<button name="action" value="${name}" aria-label="${actions[name].label} ${namespec}">${actions[name].label}</button>\n`)}<a href="${followUrl(namespec, 'stdout')}" aria-label="Tail -f Stdout ${namespec}">Tail -f Stdout</a>
<a href="${followUrl(namespec, 'stderr')}" aria-label="Tail -f Stderr ${namespec}">Tail -f Stderr</a>
</form></td>
</tr>
`;
}

/** @see supervisor/web.py, `css_class_for_state` */
function stateClass(state: ProcessStateName): string {
  if (state === 'RUNNING') return 'good';
  return state === 'FATAL' || state === 'BACKOFF' ? 'bad' : 'neutral';
}

function hidden(name: string, value: string): Markup {
  return html`<input type="hidden" name="${name}" value="${value}">`;
}

function tailUrl(namespec: string, more?: Pick<TailView, 'limit' | 'channel'>): string {
  const url = `tail.html?processname=${encodeName(namespec)}`;
  return more === undefined ? url : `${url}&limit=${more.limit}&channel=${more.channel}`;
}

function followUrl(namespec: string, channel: TailView['channel']): string {
  return `logtail/${encodeName(namespec)}${channel === 'stderr' ? '/stderr' : ''}`;
}

/** A text that is not well-formed cannot be encoded. */
function encodeName(namespec: string): string {
  return encodeURIComponent(namespec.toWellFormed());
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
