/**
 * Parts of log files, by supervisord's rules for offsets and lengths, which count bytes.
 *
 * @see supervisor/options.py, `readFile`, `tailFile`
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { RpcFault } from '../../rpc/faults.ts';
import { systemErrorCode } from '../system-error.ts';
import { maxAnswerSize } from './answer-size.ts';

const missing: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/**
 * Reads `length` bytes from `offset`, or to the end if `length` is 0. With a negative `offset`, and
 * length 0, the last bytes of the file. Beyond the end there is nothing, which is no fault.
 *
 * @throws {RpcFault} `NO_FILE`: no log, or it does not exist; `BAD_ARGUMENTS`; `FAILED`: it cannot be read, or
 *   that would be more than one answer holds
 */
export async function readLogFile(path: string | undefined, offset: number, length: number): Promise<string> {
  if (path === undefined) throw new RpcFault('NO_FILE');
  try {
    await using file = await openLog(path);
    if (length < 0 || (offset < 0 && length !== 0)) throw new RpcFault('BAD_ARGUMENTS');
    const { size } = await file.stat();
    const start = offset < 0 ? Math.max(size + offset, 0) : offset;
    const end = length === 0 ? size : Math.min(start + length, size);
    // Less than was asked for would be taken for the end of the log.
    if (end - start > maxAnswerSize) {
      throw new RpcFault(
        'FAILED',
        `${path}: ${end - start} bytes are more than the ${maxAnswerSize} of an answer`,
      );
    }
    return await readText(file, start, end);
  } catch (error) {
    if (error instanceof RpcFault) throw error;
    if (missing.has(systemErrorCode(error))) throw new RpcFault('NO_FILE', path);
    throw new RpcFault('FAILED');
  }
}

/** What the `tail…Log` methods answer: text, size of the file, and whether there was more than `length`. */
export type Tail = readonly [text: string, offset: number, overflow: boolean];

/**
 * Reads what was added after `offset`: at most `length` bytes, and always the last ones of the file.
 * More than one answer holds is not to be had. A file that does not exist, or cannot be read, is as good as
 * empty.
 */
export async function tailLogFile(path: string | undefined, offset: number, length: number): Promise<Tail> {
  if (path === undefined) return ['', 0, false];
  const most = Math.min(length, maxAnswerSize);
  try {
    await using file = await openLog(path);
    const { size } = await file.stat();
    const overflow = size > offset + most;
    const range = tailRange(size, overflow ? size - 1 : offset, most);
    return [await readText(file, range.start, Math.min(range.start + range.length, size)), size, overflow];
  } catch (error) {
    return ['', missing.has(systemErrorCode(error)) ? 0 : offset, false];
  }
}

function tailRange(size: number, offset: number, length: number): { start: number; length: number } {
  let [start, count] = [offset, length];
  if (start + count > size) {
    if (start > size - 1) count = 0;
    start = size - count;
  }
  return { start: Math.max(start, 0), length: Math.max(count, 0) };
}

/** Opens a regular file. Anything else could block, or has no offsets. */
async function openLog(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error(`Cannot read ${path} as a log: not a regular file`);
}

/** Bytes that are no UTF-8, at the edges too, become U+FFFD. */
async function readText(file: FileHandle, start: number, end: number): Promise<string> {
  if (start >= end) return '';
  const bytes = Buffer.allocUnsafe(end - start);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.toString('utf8', 0, filled);
}
