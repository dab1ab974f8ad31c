/** An XML-RPC server in this process: each method answers what the test says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FaultName, faults } from '../../rpc/faults.ts';
import {
  decodeCall,
  type Encodable,
  encodeFault,
  encodeResponse,
  type XmlRpcValue,
} from '../../rpc/xmlrpc.ts';

/** An answer that is a fault; `NAME: extra` as on the wire. */
export class Fault {
  readonly code: number;
  readonly text: string;

  constructor(name: FaultName, extra?: string) {
    this.code = faults[name];
    this.text = extra === undefined ? name : `${name}: ${extra}`;
  }
}

export type Answer = Encodable | Fault | (() => Promise<Encodable | Fault>);

/** By full method name; for different answers to different arguments, `method(first argument)`. */
export type Answers = ReadonlyMap<string, Answer>;

export interface FakeServer extends AsyncDisposable {
  readonly serverurl: string;
  /** Every call so far, as `method(arguments)`. */
  readonly calls: readonly string[];
  /** The `Authorization` header of every request, in order. */
  readonly authorizations: readonly (string | undefined)[];
  /** How many connections were made. */
  readonly connections: () => number;
}

export interface FakeServerOptions {
  readonly answers?: Readonly<Record<string, Answer>>;
  /** Answers any other than XML-RPC itself; false: not handled. */
  readonly handle?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

const standardAnswers: Readonly<Record<string, Answer>> = { 'supervisor.getVersion': '3.0' };

export async function startFakeServer({ answers = {}, handle }: FakeServerOptions = {}): Promise<FakeServer> {
  const dir = mkdtempSync(join(tmpdir(), 'fake-server-'));
  const path = join(dir, 's.sock');
  const calls: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const table = new Map(Object.entries({ ...standardAnswers, ...answers }));
  let connections = 0;
  const server = createServer(async (request, response) => {
    authorizations.push(request.headers.authorization);
    if (handle?.(request, response)) return;
    if (request.method !== 'POST') {
      response.writeHead(404).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { methodName = '', params } = decodeCall(Buffer.concat(chunks).toString());
    calls.push(`${methodName}(${params.map(show).join(', ')})`);
    const body = Buffer.from(await answer(table, methodName, params));
    response.writeHead(200, { 'Content-Type': 'text/xml', 'Content-Length': body.length });
    response.end(body);
  });
  server.on('connection', () => {
    connections += 1;
  });
  const listening = Promise.withResolvers<void>();
  server.listen(path, listening.resolve);
  await listening.promise;
  return {
    serverurl: `unix://${path}`,
    calls,
    authorizations,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function answer(table: Answers, method: string, params: readonly XmlRpcValue[]): Promise<string> {
  const found = table.get(`${method}(${params[0]})`) ?? table.get(method) ?? new Fault('UNKNOWN_METHOD');
  const value = typeof found === 'function' ? await found() : found;
  return value instanceof Fault ? encodeFault(value.code, value.text) : encodeResponse(value);
}

function show(value: XmlRpcValue): string {
  return String(value);
}
