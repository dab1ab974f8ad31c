/** A server that takes supervisord's place while a client is compiled: it has some programs and agrees to everything. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeCall, type Encodable, encodeResponse } from '../rpc/xmlrpc.ts';

export interface StandIn extends AsyncDisposable {
  /** A configuration file that leads a client to it. */
  readonly configurationFile: string;
}

const processes: readonly Encodable[] = Array.from({ length: 50 }, (_, index) => ({
  name: `web_${index}`,
  group: 'web',
  start: 1_700_000_000,
  stop: 0,
  now: 1_700_000_100,
  state: 20,
  statename: 'RUNNING',
  spawnerr: '',
  exitstatus: 0,
  logfile: '',
  stdout_logfile: '',
  stderr_logfile: '',
  pid: 1000 + index,
  description: `pid ${1000 + index}, uptime 0:01:40`,
}));

const answers: ReadonlyMap<string, Encodable> = new Map<string, Encodable>([
  ['supervisor.getVersion', '3.0'],
  ['supervisor.getAllProcessInfo', processes],
  ['supervisor.getProcessInfo', processes[0] ?? null],
  ['supervisor.reloadConfig', [[[], ['web'], []]]],
  ['monitor.updateProcessGroup', [{ group: 'web', name: 'web_1', status: 80, description: 'OK' }]],
]);

/** The path of a socket has 107 bytes at most. */
function placeForSocket(): string {
  return Buffer.byteLength(tmpdir()) > 80 ? '/tmp' : tmpdir();
}

/** Starts it on a unix socket in a directory of its own. */
export async function startStandIn(): Promise<StandIn> {
  const directory = mkdtempSync(join(placeForSocket(), 'stand-in-'));
  const configurationFile = join(directory, 'supervisord.conf');
  const lines = [
    '[unix_http_server]',
    'file=%(here)s/s.sock',
    '[supervisorctl]',
    'serverurl=unix://%(here)s/s.sock',
  ];
  writeFileSync(configurationFile, `${lines.join('\n')}\n`);
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { methodName = '' } = decodeCall(Buffer.concat(chunks).toString());
    const body = encodeResponse(answers.get(methodName) ?? true);
    response
      .writeHead(200, { 'Content-Type': 'text/xml', 'Content-Length': Buffer.byteLength(body) })
      .end(body);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(join(directory, 's.sock'), resolve);
  await promise;
  return {
    configurationFile,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
