/** The web page: what it shows, and what its actions say. Ours are asked for by forms, supervisord's too. */
import type { Daemon } from '../../support/daemons.ts';
import { type HttpQuestion, httpRequest, messageOf, tokenIn } from '../../support/http-request.ts';
import { differs } from '../steps/calls.ts';
import { compareDaemons, type Step } from '../steps/compare-daemons.ts';
import { waitForState } from '../steps/process-info.ts';
import { program, programSection } from '../steps/programs.ts';

const configuration = [
  programSection('up', 'command=/bin/cat', 'startsecs=0'),
  programSection('speaks', `command=${program('prints-and-stays')}`, 'startsecs=0'),
  programSection('down', 'command=/bin/cat', 'autostart=false', 'startsecs=0'),
  programSection('absent', 'command=/no/such/command', 'startretries=0'),
  programSection(
    'quick',
    `command=${program('exits-with-status')} 1`,
    'autostart=false',
    'startretries=0',
    'startsecs=2',
  ),
  programSection('noexec', `command=${program('is-not-executable')}`, 'autostart=false'),
  programSection('silent', 'command=/bin/cat', 'autostart=false', 'stdout_logfile=NONE'),
  programSection('b', 'command=/bin/cat', 'startsecs=0'),
  programSection('a', 'command=/bin/cat', 'startsecs=100'),
  '[group:g]\nprograms=b,a\n',
].join('');

function get(daemon: Daemon, path: string, question?: HttpQuestion) {
  return httpRequest(daemon.socket, path, { ...question, headers: { Host: 'localhost' } });
}

/** Presses a button of the page: the message that follows. */
function act(action: string, processname = ''): Step {
  return {
    name: `${action} ${processname}`,
    async run(daemon) {
      const token = tokenIn((await get(daemon, '/')).body);
      const answer = await get(daemon, '/index.html', { form: { action, processname, token } });
      const message = messageOf(answer) ?? `HTTP ${answer.status}`;
      return message.replace(/ at \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/, ' at TIME');
    },
  };
}

/** State, description, name and its link, and what can be done, of each process on the page. */
const rows: Step = {
  name: 'the rows of the page',
  async run(daemon) {
    const { body } = await get(daemon, '/');
    const [, table = ''] = body.split('<tbody>');
    return table.split('</tr>').slice(0, -1).map(rowOf);
  },
};

function rowOf(row: string): unknown {
  const [state = '', description = '', name = '', actions = ''] = row
    .split(/<\/t[dh]>/)
    .map((cell) => cell.trim());
  const [, link] = /href="([^"]*)"/.exec(name) ?? [];
  const buttons = [...actions.matchAll(/<(?:a|button)\b([^>]*)>([^<]*)</g)];
  return {
    state: textOf(state),
    description: textOf(description),
    name: textOf(name),
    link,
    actions: buttons
      .filter(([, attributes = '']) => !attributes.includes('hidden'))
      .map(([, , label]) => label),
    links: buttons
      .map(([, attributes = '']) => /href="(logtail[^"]*)"/.exec(attributes)?.[1])
      .filter(Boolean),
  };
}

/** Only what the page shows between the tags. */
function textOf(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, '')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .trim();
}

/** The text of the page with the end of a log. */
function tail(query: string): Step {
  return {
    name: `tail.html${query}`,
    async run(daemon) {
      const { status, headers, body } = await get(daemon, `/tail.html${query}`);
      const [, text = ''] = /<pre>\n?([^<]*)<\/pre>/.exec(body) ?? [];
      return [status, headers['content-type'], text];
    },
  };
}

/** Status and some headers, and the body of what is no page. */
function fetch(path: string, method: string, ...headers: readonly string[]): Step {
  return {
    name: `${method} ${path}`,
    async run(daemon) {
      const answer = await get(daemon, path, { method });
      return [answer.status, ...headers.map((header) => answer.headers[header])];
    },
  };
}

const settled: Step = {
  name: 'the programs are up, or have failed',
  async run(daemon) {
    await waitForState(daemon, 'up', 'RUNNING');
    await waitForState(daemon, 'speaks', 'RUNNING');
    await waitForState(daemon, 'g:b', 'RUNNING');
    await waitForState(daemon, 'g:a', 'STARTING');
    await waitForState(daemon, 'absent', 'FATAL');
  },
};

compareDaemons('the web page', {
  configuration,
  steps: [
    settled,
    rows,
    fetch('/', 'GET', 'content-type', 'pragma', 'cache-control', 'expires'),
    fetch('/ok.html', 'GET', 'content-type', 'content-length'),
    fetch('/stylesheets/supervisor.css', 'HEAD'),
    fetch('/nosuch.html', 'GET', 'content-type'),
    fetch('/../../../../etc/passwd', 'GET'),
    fetch('/', 'DELETE'),
    differs(fetch('/', 'HEAD'), 'a page that is there is there for HEAD', [200]),
    act('refresh'),
    act('start', 'down'),
    act('start', 'down'),
    act('start', 'absent'),
    act('start', 'noexec'),
    act('start', 'quick'),
    act('start', 'nosuch'),
    act('stop', 'down'),
    act('stop', 'down'),
    act('stop', 'g:a'),
    act('stop', 'g:*'),
    act('restart', 'up'),
    act('restart', 'down'),
    act('restart', 'absent'),
    act('clearlog', 'up'),
    act('clearlog', 'absent'),
    act('clearlog', 'nosuch'),
    tail('?processname=speaks'),
    tail('?processname=speaks&limit=1'),
    tail('?processname=up&limit=x'),
    tail('?processname=silent'),
    tail('?processname=nosuch'),
    tail('?processname=g:*'),
    tail('?processname='),
    tail(''),
    differs(act('nosuch'), 'a mistake of the client’s', 'HTTP 400'),
    differs(act('start'), 'a mistake of the client’s', 'HTTP 400'),
    differs(act('nosuch', 'nosuch'), 'it is the action that does not exist', 'HTTP 400'),
    differs(fetch('/?action=start&processname=up', 'GET'), 'links do nothing', [405]),
  ],
});

compareDaemons('the buttons for everything', {
  configuration: [
    programSection('up', 'command=/bin/cat', 'startsecs=0'),
    programSection('down', 'command=/bin/cat', 'startsecs=0', 'autostart=false'),
  ].join(''),
  steps: [act('restartall'), rows, act('stopall'), rows],
});

compareDaemons('the web page of a daemon without programs', {
  configuration: '',
  steps: [
    {
      name: 'says so',
      async run(daemon) {
        return (await get(daemon, '/')).body.includes('No programs to manage');
      },
    },
  ],
});
