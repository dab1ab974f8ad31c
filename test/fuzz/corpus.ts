/** Requests as clients really send them, and as attackers do: what the fuzzer begins with. */
import { type Encodable, encodeCall } from '../../rpc/xmlrpc.ts';

/** A request before it becomes bytes. */
export interface Request {
  /** Method and URI. */
  readonly line: string;
  readonly version: '1.0' | '1.1';
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
  readonly framing: 'length' | 'chunked';
}

/** Kinds of requests, one as frequent as the other, however many there are of each. */
export type Corpus = readonly (readonly Request[])[];

/** What the requests speak of. */
export interface Surroundings {
  /** Absolute path of the daemon's directory. */
  readonly dir: string;
  /** Names of processes that run. */
  readonly processes: readonly [string, ...string[]];
  /** Name of a file there whose contents must not be told. */
  readonly secretFile: string;
  /** Those of the web page, for a client without a password and for one with it. */
  readonly tokens: readonly string[];
}

function request(line: string, changes: Partial<Request> = {}): Request {
  return {
    line,
    version: '1.1',
    headers: ['Host: localhost'],
    body: undefined,
    framing: 'length',
    ...changes,
  };
}

function post(body: string | Buffer, changes: Partial<Request> = {}): Request {
  return request('POST /RPC2', {
    headers: ['Host: localhost', 'Content-Type: text/xml'],
    body: Buffer.from(body as string),
    ...changes,
  });
}

function call(method: string, params: readonly Encodable[] = [], changes: Partial<Request> = {}): Request {
  return post(encodeCall(method, params), changes);
}

/** The header of Python's client, which supervisorctl uses. */
const python = [
  'Host: 127.0.0.1',
  'Accept-Encoding: identity',
  'User-Agent: Python-xmlrpc/3.11',
  'Content-Type: text/xml',
  'Accept: text/xml',
  'Connection: keep-alive',
];

const browser = [
  'Host: localhost:9001',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-US,en;q=0.5',
  'Accept-Encoding: gzip, deflate',
  'Cookie: session=1',
  'Connection: keep-alive',
];

/** None of these stops, restarts or removes anything, whatever becomes of its parameters. */
export function harmlessCorpus(surroundings: Surroundings): Corpus {
  const known = calls(surroundings);
  return [
    known,
    known,
    oddCalls(surroundings),
    pages(surroundings),
    forms(surroundings),
    traversals(surroundings),
    oddRequests(),
  ];
}

/** Each of these would do harm, if it was admitted. */
export function harmfulCorpus({ processes: [process], tokens }: Surroundings): Corpus {
  const requests = [
    call('supervisor.shutdown'),
    call('supervisor.restart'),
    call('supervisor.stopProcess', [process]),
    call('supervisor.stopAllProcesses'),
    call('supervisor.signalProcess', [process, 'KILL'], { framing: 'chunked' }),
    call('supervisor.removeProcessGroup', [process], { version: '1.0' }),
    call('supervisor.clearLog', [], { headers: [...python, 'Expect: 100-continue'] }),
    call('system.multicall', [[{ methodName: 'supervisor.shutdown', params: [] }]], { headers: python }),
    request('GET /?action=stopall', { headers: browser }),
    request(`GET /index.html?action=stop&processname=${process}`, { version: '1.0' }),
    request('GET /mainlogtail'),
    request(`GET /logtail/${process}`, { headers: browser }),
    request('POST /index.html', { body: Buffer.from('action=restartall'), headers: browser }),
    ...tokens.map((token) => form(`action=stopall&token=${token}`)),
    ...tokens.map((token) => form(`action=restart&processname=${process}&token=${token}`)),
    request('OPTIONS *'),
  ];
  return [requests];
}

function calls({ processes: [process, ...others] }: Surroundings): Request[] {
  const methods: readonly (readonly [string, ...Encodable[]])[] = [
    ['supervisor.getState'],
    ['supervisor.getPID'],
    ['supervisor.getIdentification'],
    ['supervisor.getAllProcessInfo'],
    ['supervisor.getAllConfigInfo'],
    ['supervisor.getProcessInfo', process],
    ['supervisor.readLog', 0, 100],
    ['supervisor.readLog', -100, 0],
    ['supervisor.readProcessStdoutLog', process, 0, 100],
    ['supervisor.readProcessStderrLog', process, -1, 0],
    ['supervisor.tailProcessStdoutLog', process, 0, 100],
    ['supervisor.tailProcessStderrLog', process, 2 ** 31 - 1, 2 ** 31 - 1],
    ['supervisor.clearProcessLogs', process],
    ['supervisor.sendProcessStdin', process, 'some text\n'],
    ['supervisor.sendRemoteCommEvent', 'type', 'data'],
    ['supervisor.startProcess', process, true],
    ['supervisor.startProcessGroup', process, false],
    ['supervisor.addProcessGroup', process],
    ['supervisor.reloadConfig'],
    ['monitor.getAllProcessUsage'],
    ['scheduler.addJob', { id: 'added', command: '/bin/true', hour: '4', hosts: ['a', 'b'], jitter: 0.5 }],
    ['scheduler.modifyJob', 'added', { hour: '5' }],
    ['scheduler.getJob', 'added'],
    ['scheduler.getAllJobs'],
    ['scheduler.getRuns', 'added', 0, 10, { states: ['failed', 'active'] }],
    ['scheduler.readRunLog', process, 'stdout', 0, 100],
    [
      'scheduler.getNextFireTimes',
      { day: 'last fri', timezone: 'Europe/Berlin' },
      3,
      '2026-03-28T02:30:00+01:00',
    ],
    ['scheduler.validate', { id: 'other', cron: '*/5 * * * *', command: '/bin/true' }],
    ['scheduler.removeJob', 'added'],
    ['system.listMethods'],
    ['system.methodHelp', 'supervisor.getState'],
    ['system.methodSignature', 'supervisor.getState'],
    ['system.multicall', [process, ...others].map((name) => callOf('supervisor.getProcessInfo', name))],
    ['system.multicall', [callOf('system.multicall', []), callOf('no.such'), {}, 'text', 7]],
  ];
  return methods.flatMap(([method, ...params]) => [
    call(method, params),
    call(method, params, { headers: python, version: '1.1' }),
    call(method, params, { framing: 'chunked' }),
  ]);
}

function callOf(methodName: string, ...params: Encodable[]): Encodable {
  return { methodName, params };
}

function oddCalls({ dir, secretFile, processes: [process] }: Surroundings): Request[] {
  const value = (inner: string, method = 'supervisor.getProcessInfo'): Request =>
    post(
      `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params><param><value>${inner}</value></param></params></methodCall>`,
    );
  const entity = (declaration: string): Request =>
    post(
      `<?xml version="1.0"?><!DOCTYPE x [${declaration}]><methodCall><methodName>supervisor.getProcessInfo</methodName><params><param><value>&a;</value></param></params></methodCall>`,
    );
  const laughs = Array.from(
    { length: 9 },
    (_, level) => `<!ENTITY ${'abcdefghij'[level]} "${`&${'abcdefghij'[level + 1]};`.repeat(10)}">`,
  );
  return [
    entity(`<!ENTITY a SYSTEM "file://${dir}/${secretFile}">`),
    entity(`<!ENTITY % p SYSTEM "file://${dir}/supervisord.conf"> %p;`),
    entity(`${laughs.join('')}<!ENTITY j "ha">`),
    value('<array><data><value>'.repeat(500)),
    value(`${'<array><data><value>'.repeat(60)}1${'</value></data></array>'.repeat(60)}`, 'system.multicall'),
    value('<struct><member><name>__proto__</name><value><int>1</int></value></member></struct>'),
    value('<struct><member><name>constructor</name></member></struct>', 'system.multicall'),
    value('<int>99999999999999999999</int>'),
    value('<int>-</int>'),
    value('<double>1e999</double>'),
    value('<double>NaN</double>'),
    value('<base64>////*</base64>'),
    value('<dateTime.iso8601>20260101T00:00:00</dateTime.iso8601>'),
    value('<dateTime.iso8601>99999999T99:99:99</dateTime.iso8601>'),
    value('<boolean>2</boolean>'),
    value('<nil/>'),
    value('<string>&#0;&#xD800;&#x110000;</string>'),
    value(`<![CDATA[${process}]]>`),
    value('<string>\0\u0001\u001b[31m\u2028</string>'),
    value(process, '__proto__'),
    value(process, 'constructor.prototype'),
    value(process, 'supervisor.'),
    value(process, ''),
    value(`../${secretFile}`, 'supervisor.tailProcessStdoutLog'),
    value(`${dir}/${secretFile}`, 'supervisor.readProcessLog'),
    value('*', 'supervisor.getProcessInfo'),
    value(`${process}:*`, 'supervisor.getProcessInfo'),
    call('supervisor.sendProcessStdin', [process, '\u{1f600}'.repeat(1000)]),
    call('supervisor.getProcessInfo', ['x'.repeat(100_000)]),
    post(Buffer.from('<methodCall><methodName>\xff\xfe\xc0\xaf</methodName></methodCall>', 'latin1')),
    post(Buffer.from(encodeCall('supervisor.getState', []), 'utf16le')),
    post('\ufeff<methodCall><methodName>supervisor.getState</methodName></methodCall>'),
    post('<methodCall><methodName>supervisor.getState</methodName>'),
    post('<methodResponse/>'),
    post(''),
    post('null'),
    post('{"jsonrpc":"2.0","method":"supervisor.getState","id":1}'),
  ];
}

function pages({ processes: [process] }: Surroundings): Request[] {
  return [
    request('GET /', { headers: browser }),
    request('GET /index.html', { headers: browser }),
    request('GET /index.html?message=%3Cscript%3Ealert(1)%3C/script%3E', { headers: browser }),
    request('GET /?action=refresh', { headers: browser }),
    request(`GET /tail.html?processname=${process}`, { headers: browser }),
    request(`GET /tail.html?processname=${process}&limit=-1&offset=99999999999`, { version: '1.0' }),
    ...['0', '-1', '1e99', '99999999999999999999', '1048577', '%00'].map((limit) =>
      request(`GET /tail.html?processname=${process}&limit=${limit}&channel=stderr`, { headers: browser }),
    ),
    request(`GET /tail.html?processname=${process}&channel=__proto__`, { headers: browser }),
    request('GET /tail.html?processname=%ff%00%0d%0aX:%20y&processname=..%2f..', { headers: browser }),
    request('HEAD /tail.html', { headers: browser }),
    request('GET /ok.html'),
    request('POST /index.html', { headers: browser, body: Buffer.from('action=refresh') }),
    request('GET /stylesheets/supervisor.css', { headers: browser }),
    request('HEAD /images/icon.png', {
      headers: [...browser, 'If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT'],
    }),
    request('GET /images/icon.png', { headers: [...browser, 'Range: bytes=0-0,-1,5-2'] }),
    request('GET /favicon.ico', { headers: browser }),
    request(`GET /logtail/${process}`, { headers: python }),
    request(`GET /logtail/${process}/stderr`, { version: '1.0' }),
    request('GET /logtail'),
    request('GET /mainlogtail', { version: '1.0' }),
  ];
}

/** What a browser sends when somebody presses a button. */
function form(fields: string, changes: Partial<Request> = {}): Request {
  return request('POST /index.html', {
    headers: [
      ...browser,
      'Content-Type: application/x-www-form-urlencoded',
      'Origin: http://localhost:9001',
      'Sec-Fetch-Site: same-origin',
    ],
    body: Buffer.from(fields),
    ...changes,
  });
}

function forms({ processes, tokens }: Surroundings): Request[] {
  const names = [
    ...processes,
    'many:*',
    'many',
    '',
    '%00',
    '%0d%0aSet-Cookie:%20a=b',
    '%3Cscript%3E',
    '__proto__',
  ];
  const fields = names.flatMap((name) => [
    `action=clearlog&processname=${name}`,
    `action=start&processname=${name}`,
  ]);
  const withToken = (token: string): Request[] => [
    ...fields.map((each) => form(`${each}&token=${token}`)),
    ...['refresh', '__proto__', 'constructor', 'toString', ''].map((action) =>
      form(`action=${action}&token=${token}`),
    ),
    form(`token=${token}`, { line: 'POST /index.html?action=clearlog&processname=many:a' }),
    form(`action=clearlog&processname=many:a&token=${token}`, { framing: 'chunked' }),
    form(`action=clearlog&processname=many:a&token=${token}`, {
      headers: ['Host: localhost', 'Origin: http://evil.example', 'Sec-Fetch-Site: cross-site'],
    }),
    form(`action=clearlog&processname=${'x'.repeat(60_000)}&token=${token}`),
    form(`${'action=clearlog&'.repeat(2_000)}processname=%ff%zz&token=${token}`),
  ];
  const without = ['', '&token=', `&token=${'A'.repeat(43)}`, '&token=%00', `&token=${'=_-'.repeat(1_000)}`];
  return [
    ...tokens.flatMap(withToken),
    ...without.map((end) => form(`action=clearlog&processname=many:b${end}`)),
  ];
}

function traversals({ dir, secretFile, processes: [process] }: Surroundings): Request[] {
  const ups = [
    '../',
    '..%2f',
    '%2e%2e/',
    '%2e%2e%2f',
    '..%5c',
    '..%c0%af',
    '....//',
    '.%00./',
    '%252e%252e/',
    '..;/',
  ];
  const starts = ['/', '/stylesheets/', '/images/', '/logtail/', `/logtail/${process}/`, '/mainlogtail/'];
  return [
    ...ups.flatMap((up) =>
      starts.map((start) => request(`GET ${start}${up.repeat(12)}${dir.slice(1)}/${secretFile}`)),
    ),
    request(`GET ${dir}/${secretFile}`),
    request(`GET //${dir}/supervisord.conf`),
    request(`GET file://${dir}/supervisord.conf`),
    request('GET /proc/self/environ'),
    request(`GET /logtail/${encodeURIComponent(`${dir}/${secretFile}`)}`),
    request(`GET /index.html%00.css`),
    request(`GET /%`),
    request(`GET /%zz/%u0041`),
  ];
}

function oddRequests(): Request[] {
  return [
    request('TRACE /'),
    request('OPTIONS *'),
    request('CONNECT localhost:22'),
    request('GET http://localhost/RPC2'),
    request('PUT /RPC2', { body: Buffer.from('x') }),
    request('DELETE /'),
    request('PRI *', {
      headers: [
        'Host: x',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
        'Connection: Upgrade, HTTP2-Settings',
      ],
    }),
    request('GET /', {
      headers: [
        'Host: x',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13',
      ],
    }),
    request('GET /', { headers: [] }),
    request('GET /', { headers: ['Host: a', 'Host: b'] }),
    request('GET /', { headers: ['Host: x', 'Origin: http://evil.example', 'Sec-Fetch-Site: cross-site'] }),
    request('GET /', { headers: ['Host: x', ...Array.from({ length: 300 }, (_, index) => `X-${index}: y`)] }),
    request('GET /', { headers: ['Host: x', `X-Long: ${'y'.repeat(20_000)}`] }),
    request(`GET /${'x'.repeat(20_000)}`),
    request('POST /RPC2', { headers: ['Host: x', 'Content-Length: 99999999999999999999'] }),
    request('POST /RPC2', { headers: ['Host: x', 'Content-Length: -1'] }),
    request('POST /RPC2', {
      headers: ['Host: x', 'Content-Length: 5', 'Content-Length: 6'],
      framing: 'chunked',
    }),
    request('POST /RPC2', { headers: ['Host: x', 'Transfer-Encoding: gzip, chunked'] }),
    request('POST /RPC2', { headers: ['Host: x', 'Expect: 100-continue', 'Content-Length: 10'] }),
    request('POST /RPC2', { headers: ['Host: x', 'Expect: nonsense', 'Content-Length: 10'] }),
    post('x'.repeat(300_000)),
    post('<'.repeat(100_000), { framing: 'chunked' }),
  ];
}
