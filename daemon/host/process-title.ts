/** Processes as people are told of them. */
import { readFileSync } from 'node:fs';

const longestCommand = 60;
const mostNamed = 5;

/** `1234 (sleep 1000), 1235 (sh -c …)`; beyond five of them, their number. */
export function nameProcesses(pids: readonly number[]): string {
  const named = pids.slice(0, mostNamed).map((pid) => `${pid} (${commandOf(pid)})`);
  const others = pids.length - named.length;
  return others === 0 ? named.join(', ') : `${named.join(', ')} and ${others} more`;
}

/** The words of its command line, or the name of its program where it has none. */
function commandOf(pid: number): string {
  const command = read(`/proc/${pid}/cmdline`).replace(/\0+$/, '') || read(`/proc/${pid}/comm`).trimEnd();
  // Somebody else's words: they must stay in one line of the log.
  const printable = command.replace(/\0/g, ' ').replace(/\p{C}/gu, '?');
  return printable.length <= longestCommand ? printable : `${printable.slice(0, longestCommand - 1)}…`;
}

/** Empty when it has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
