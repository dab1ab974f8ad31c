import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  renderQuestion,
  renderRefusal,
  renderStatus,
  renderTail,
} from '../../../../daemon/http/page/render.ts';
import type { StatusView } from '../../../../daemon/http/page/status-view.ts';

const plain: StatusView = {
  daemonState: 'RUNNING',
  message: undefined,
  warnings: [],
  processes: [],
  token: 'secret',
  supervisorVersion: '4.4.0',
  productVersion: '1.2.3',
};

describe('the status page', () => {
  it('says that there is nothing, and still can act on everything', () => {
    const page = renderStatus(plain);
    expect(page).toContain('<p>No programs to manage</p>');
    expect(page).not.toContain('<table>');
    expect(page).not.toContain('class="notice');
    for (const label of ['Refresh', 'Restart All', 'Stop All']) expect(page).toContain(`>${label}<`);
  });

  it('shows a process with what can be done to it', () => {
    const page = renderStatus({
      ...plain,
      processes: [
        { namespec: 'g:a b', state: 'FATAL', description: 'no luck', actions: ['start', 'clearlog'] },
      ],
    });
    expect(page).toContain('<span class="state bad">fatal</span>');
    expect(page).toContain('<td>no luck</td>');
    expect(page).toContain('<a href="tail.html?processname=g%3Aa%20b">g:a b</a>');
    expect(page).toContain('<input type="hidden" name="processname" value="g:a b">');
    expect(page).toContain('href="logtail/g%3Aa%20b"');
    expect(page).toContain('href="logtail/g%3Aa%20b/stderr"');
    expect([...page.matchAll(/<button name="action" value="(\w+)"/g)].map(([, name]) => name)).toEqual([
      'restartall',
      'stopall',
      'start',
      'clearlog',
    ]);
  });

  it('sends the token with every form', () => {
    const processes = [{ namespec: 'a', state: 'RUNNING', description: '', actions: ['stop'] }] as const;
    const page = renderStatus({ ...plain, processes });
    expect(page.match(/name="token" value="secret"/g)).toHaveLength(page.match(/<form/g)?.length ?? -1);
  });

  it('shows the message, the warnings, and both versions', () => {
    const page = renderStatus({ ...plain, message: 'Process a stopped', warnings: ['no password', 'root'] });
    expect(page).toContain('role="status">Process a stopped</p>');
    expect(page.match(/class="notice warning"/g)).toHaveLength(2);
    expect(page).toContain('Supervisor 4.4.0, supervisord-ts 1.2.3');
  });

  it('has no buttons that change anything while the daemon ends', () => {
    const page = renderStatus({ ...plain, daemonState: 'SHUTDOWN' });
    expect(page).toContain('supervisord is ending (shutdown)');
    expect(page).not.toContain('<button');
    expect(page).toContain('>Refresh<');
  });

  it('loads nothing from elsewhere and needs no script', () => {
    const page = renderStatus(plain);
    expect(page).not.toMatch(/<script|\bstyle=|\bon\w+=|https?:/);
  });
});

describe('the page with the end of a log', () => {
  it('leads on to the other log, to what comes, and back', () => {
    const page = renderTail({ namespec: 'g:a', channel: 'stderr', limit: 2048, text: '\n<b>\n' });
    expect(page).toContain('<title>Supervisor tail of process g:a</title>');
    expect(page).toContain('<pre>\n\n&lt;b&gt;\n</pre>');
    expect(page).toContain('href="tail.html?processname=g%3Aa&amp;limit=2048&amp;channel=stderr">Refresh<');
    expect(page).toContain('href="tail.html?processname=g%3Aa&amp;limit=2048&amp;channel=stdout">Stdout<');
    expect(page).toContain('href="logtail/g%3Aa/stderr">Tail -f<');
    expect(page).toContain('href="./">All processes<');
  });

  it('without a name leads back only', () => {
    const page = renderTail({
      namespec: undefined,
      channel: 'stdout',
      limit: 1024,
      text: 'No process name found',
    });
    expect(page).toContain('<pre>\nNo process name found</pre>');
    expect(page).not.toContain('tail.html');
    expect(page).not.toContain('logtail');
  });
});

describe('the question that answers a link', () => {
  it('has a form for the same action', () => {
    const page = renderQuestion('stop', 'g:a', 'secret');
    expect(page).toContain('<h2>Stop: g:a?</h2>');
    expect(page).toContain('<form method="post" action="index.html">');
    expect(page).toContain('name="token" value="secret"');
    expect(page).toContain('name="processname" value="g:a"');
    expect(page).toContain('<button name="action" value="stop">Stop</button>');
  });

  it('names no process if it is about all', () => {
    expect(renderQuestion('stopall', '', 'secret')).toContain('<h2>Stop All?</h2>');
    expect(renderQuestion('stopall', '', 'secret')).not.toContain('processname');
  });
});

it('says what to do when a form was refused', () => {
  expect(renderRefusal()).toContain('<a class="button" href="./">Load the page again</a>');
});

/** The tags of a page with their attributes, but without the values of these. */
function skeleton(page: string): string[] {
  return (page.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));
}

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '<script>',
        '"><img src=x onerror=a>',
        "' onload='",
        '</pre>',
        '-->',
        ']]>',
        '&#x3c;',
        '\0<',
      ),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => text !== '');

const states = ['RUNNING', 'FATAL', 'STOPPED'] as const;

function status(texts: readonly string[]): string {
  const [message = '', warning = '', namespec = '', description = '', token = '', version = ''] = texts;
  return renderStatus({
    daemonState: 'RUNNING',
    message,
    warnings: [warning],
    processes: states.map((state) => ({ namespec, state, description, actions: ['start', 'stop'] })),
    token,
    supervisorVersion: version,
    productVersion: version,
  });
}

describe('no text becomes markup', () => {
  const pages: readonly [string, (texts: readonly string[]) => string][] = [
    ['on the status page', status],
    [
      'on the page with the end of a log',
      ([namespec, text = '']) => renderTail({ namespec, channel: 'stdout', limit: 1024, text }),
    ],
    ['in the question', ([namespec = '', token = '']) => renderQuestion('stop', namespec, token)],
  ];
  for (const [where, render] of pages) {
    it(where, () => {
      const expected = skeleton(render(Array(6).fill('x')));
      fc.assert(
        fc.property(fc.array(hostile, { minLength: 6, maxLength: 6 }), (texts) => {
          const page = render(texts);
          expect(skeleton(page)).toEqual(expected);
          expect(page).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f]/);
        }),
      );
    });
  }
});
