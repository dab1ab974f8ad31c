import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpServerSettings } from '../../conf/settings.ts';
import { parseStoredPassword } from '../../conf/stored-password.ts';
import { type HttpServers, openHttpServers } from '../../daemon/http/server.ts';
import { encodeCall } from '../../rpc/xmlrpc.ts';
import { type FakeRpcContext, fakeRpcContext } from './fake-rpc-context.ts';
import { RawConnection } from './raw-connection.ts';

/** A login as the configuration has it: the password may be a hash. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

export type UnixServerSettings = Extract<HttpServerSettings, { type: 'unix' }>;

/** Settings of a unix server. */
export function unixServer(file: string, overrides: Partial<UnixServerSettings> = {}): UnixServerSettings {
  return {
    section: 'unix_http_server',
    type: 'unix',
    file,
    chmod: 0o700,
    chown: { uid: undefined, gid: undefined },
    credentials: undefined,
    ...overrides,
  };
}

/** A server on a unix socket in a directory of its own. */
export class TestServer {
  readonly directory: string;
  readonly file: string;
  readonly context: FakeRpcContext;
  /** What went to stderr. */
  readonly warnings: string[];
  readonly #servers: HttpServers;
  readonly #connections: RawConnection[] = [];

  private constructor(directory: string, context: FakeRpcContext, warnings: string[], servers: HttpServers) {
    this.directory = directory;
    this.file = join(directory, 'sock');
    this.context = context;
    this.warnings = warnings;
    this.#servers = servers;
  }

  static async open(
    context: FakeRpcContext = fakeRpcContext(),
    { credentials }: { readonly credentials?: Login } = {},
  ): Promise<TestServer> {
    const directory = mkdtempSync(join(tmpdir(), 'http-'));
    const warnings: string[] = [];
    const settings = unixServer(join(directory, 'sock'), {
      credentials: credentials && { ...credentials, password: parseStoredPassword(credentials.password) },
    });
    const servers = await openHttpServers([settings], (line) => warnings.push(line));
    servers.serve(context);
    return new TestServer(directory, context, warnings, servers);
  }

  async connect(): Promise<RawConnection> {
    const connection = await RawConnection.open({ path: this.file });
    this.#connections.push(connection);
    return connection;
  }

  /** Sends text on a new connection. */
  async send(text: string | Buffer): Promise<RawConnection> {
    const connection = await this.connect();
    connection.send(text);
    return connection;
  }

  async close(): Promise<void> {
    await this.#servers.close();
    for (const connection of this.#connections) connection.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A whole request that calls a method. */
export function rpcRequest(
  method: string,
  params: Parameters<typeof encodeCall>[1] = [],
  headers = '',
): string {
  const body = encodeCall(method, params);
  return `POST /RPC2 HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
