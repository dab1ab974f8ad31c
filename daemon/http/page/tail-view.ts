import { RpcFault } from '../../../rpc/faults.ts';
import type { Channel } from '../../host/host.ts';
import type { RpcContext } from '../../rpc/context.ts';
import { findProcess } from '../../rpc/find.ts';
import { readLogFile } from '../../rpc/read-log.ts';
import { unexpected } from './actions.ts';

/** What the page with the end of a log shows. */
export interface TailView {
  /** `undefined`: the request names none. */
  readonly namespec: string | undefined;
  readonly channel: Channel;
  /** Bytes of the log that are shown, if it has as many. */
  readonly limit: number;
  /** The end of the log, or why it cannot be shown. */
  readonly text: string;
}

const minLimit = 1024;
/** The whole page is put together in memory. */
const maxLimit = 1024 * 1024;

/** Reads the end of a log. */
export async function tailView(
  context: RpcContext,
  {
    namespec,
    channel,
    limit,
  }: { readonly namespec: string | undefined; readonly channel: Channel; readonly limit: string | undefined },
): Promise<TailView> {
  const bytes = readLimit(limit);
  const text =
    namespec === undefined ? 'No process name found' : await tail(context, namespec, channel, bytes);
  return { namespec, channel, limit: bytes, text };
}

/** Fewer bytes than supervisord shows at least are not to be had; what is no number counts as that. */
function readLimit(text = ''): number {
  const limit = /^\d+$/.test(text) ? Number(text) : minLimit;
  return Math.min(Math.max(limit, minLimit), maxLimit);
}

async function tail(context: RpcContext, namespec: string, channel: Channel, bytes: number): Promise<string> {
  try {
    const { logfiles } = findProcess(context.supervisor, namespec).child;
    return plain(await readLogFile(logfiles[channel], -bytes, 0));
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    if (error.name === 'NO_FILE') return `No file for ${namespec}`;
    return `ERROR: ${unexpected(error)}`;
  }
}

/** Text without what is meant for a terminal: colours, titles, and the carriage return of a line's end. */
function plain(text: string): string {
  return text
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, '')
    .replace(/\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)/g, '')
    .replaceAll('\r\n', '\n');
}
