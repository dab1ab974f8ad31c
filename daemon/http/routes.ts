import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';
import { followMainLog, followProcessLog } from './log-routes.ts';
import { answerPage, pages } from './page/route.ts';
import { pathOf } from './path.ts';
import { answerRpc } from './rpc-route.ts';
import { sendRunLog } from './run-log-route.ts';
import { answerStaticFile } from './static-files.ts';

export interface Route {
  readonly name: string;
  /** Every route is behind the gate of `HttpServer`; `example` is a URI of this one. */
  readonly example: string;
  readonly methods: ReadonlySet<string>;
  matches(request: IncomingMessage, url: string): boolean;
  handle(exchange: Exchange): void | Promise<void>;
}

/** Everything that is served, in the order in which it is tried. The last takes all that is left. */
export const routes: readonly Route[] = [
  {
    name: 'XML-RPC',
    example: '/RPC2',
    methods: new Set(['POST']),
    matches: (_request, url) => url.startsWith('/RPC2'),
    handle: answerRpc,
  },
  {
    name: 'process log',
    example: '/logtail/web',
    methods: new Set(['GET']),
    matches: (_request, url) => url.startsWith('/logtail'),
    handle: followProcessLog,
  },
  {
    name: 'main log',
    example: '/mainlogtail',
    methods: new Set(['GET']),
    matches: (_request, url) => url.startsWith('/mainlogtail'),
    handle: followMainLog,
  },
  {
    name: 'log of a run',
    example: '/runlog/1',
    methods: new Set(['GET']),
    matches: (_request, url) => url.startsWith('/runlog'),
    handle: sendRunLog,
  },
  {
    name: 'web page',
    example: '/index.html',
    methods: new Set(['GET', 'HEAD', 'POST']),
    matches: (_request, url) => pages.has(pathOf(url)),
    handle: answerPage,
  },
  {
    name: 'static file',
    example: '/stylesheets/supervisor.css',
    methods: new Set(['GET', 'HEAD']),
    matches: () => true,
    handle: answerStaticFile,
  },
];
