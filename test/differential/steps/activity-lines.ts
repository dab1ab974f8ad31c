/** Lines of the activity log, without what depends on the machine or on chance. */
import type { Daemon } from '../../support/daemons.ts';
import { normaliseText } from './normalise.ts';

/** Lines that say how the program works inside, not what becomes of processes. */
const internal = [
  /^DEBG received SIGCHLD/,
  /^DEBG fd \d+ closed/,
  /^TRAC .*Medusa/,
  /^BLAT (?:read|write) event caused by /,
  /^CRIT Server 'unix_http_server' running without any HTTP authentication checking$/,
];

/** Every line of a log's text as `LEVL text`, in order. */
export function activityLinesOf(text: string, daemon: Daemon): string[] {
  return normaliseText(text, daemon)
    .split('\n')
    .filter((line) => line !== '' && !internal.some((pattern) => pattern.test(line)));
}

/** The lines so far. Asked of the daemon, whose file may lag behind what it has said. */
export async function activityLines(daemon: Daemon): Promise<string[]> {
  return activityLinesOf(String(await daemon.rpc('supervisor.readLog', 0, 0)), daemon);
}

/** The lines about one process, which its name stands out in as a word. */
export async function linesAbout(daemon: Daemon, name: string): Promise<string[]> {
  const word = new RegExp(`(^|[\\s'])${name}($|[\\s':,])`);
  return (await activityLines(daemon)).filter((line) => word.test(line));
}
