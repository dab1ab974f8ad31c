/** The page in a browser, with all that a browser adds: `Origin`, what the page allows itself, forms of other sites. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { describeWithFiles } from '../support/peer.ts';
import { pidOf, waitForState } from '../support/supervised.ts';

const executablePath = '/usr/bin/chromium';

describeWithFiles('the web page in Chromium', () => {
  let browser: Browser;
  let daemon: Daemon;
  let address: string;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    });
    const port = await freePort();
    address = `127.0.0.1:${port}`;
    daemon = await startDaemon({
      implementation: 'ours',
      configuration: `[inet_http_server]
port=${address}
username=user
password=secret
[program:cat]
command=/bin/cat
startsecs=0
[program:says]
command=/bin/echo <b>bold</b>
startsecs=0
autorestart=false
`,
    });
    await waitForState(daemon, 'says', 'EXITED');
  });
  beforeEach(async () => {
    await waitForState(daemon, 'cat', 'RUNNING');
    const context = await browser.newContext({ httpCredentials: { username: 'user', password: 'secret' } });
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  afterEach(() => page.context().close());
  afterAll(async () => {
    await browser.close();
    await daemon[Symbol.asyncDispose]();
  });

  it('stops and starts a program with its buttons', async () => {
    await page.goto(`http://${address}/`);
    await page.getByRole('button', { name: 'Stop cat' }).click();
    await expect(page.getByRole('status').textContent()).resolves.toBe('Process cat stopped');
    await page.getByRole('button', { name: 'Start cat' }).click();
    await expect(page.getByRole('status').textContent()).resolves.toBe('Process cat started');
    expect(await page.evaluate('getComputedStyle(document.body).maxWidth')).toBe('1200px');
    expect(complaints).toEqual([]);
  });

  it('shows the end of a log, and nothing in it is markup', async () => {
    await page.goto(`http://${address}/`);
    await page.getByRole('link', { name: 'says', exact: true }).click();
    await expect(page.locator('pre').textContent()).resolves.toBe('<b>bold</b>\n');
    expect(complaints).toEqual([]);
  });

  it('asks before an old link does what it says', async () => {
    const pid = await pidOf(daemon, 'cat');
    await page.goto(`http://${address}/index.html?action=restart&processname=cat`);
    expect(await pidOf(daemon, 'cat')).toBe(pid);
    await page.getByRole('button', { name: 'Restart' }).click();
    await expect(page.getByRole('status').textContent()).resolves.toBe('Process cat restarted');
    expect(await pidOf(daemon, 'cat')).not.toBe(pid);
  });

  it('does nothing for a form of another site, though the browser knows the password', async () => {
    const pid = await pidOf(daemon, 'cat');
    await page.goto(`http://${address}/`);
    const other = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<form method="post" action="http://${address}/index.html">
<input name="processname" value="cat"><button name="action" value="stop">Win a prize</button></form>`);
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
      const answer = page.waitForResponse((response) => response.url() === `http://${address}/index.html`);
      await page.getByRole('button').click();
      expect((await answer).status()).toBe(403);
    } finally {
      other.closeAllConnections();
      other.close();
    }
    expect(await pidOf(daemon, 'cat')).toBe(pid);
  });
}, [{ file: executablePath, package: 'chromium' }]);
