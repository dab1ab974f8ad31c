import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Daemon } from './daemons.ts';
import { SyslogListener } from './syslog-listener.ts';

const directory = 'dev';

/** Words before a daemon's command that give it a `/dev` of its own, in its directory. Only root can. */
export const ownDev: readonly string[] = [
  'unshare',
  '--mount',
  resolve('test/fixtures/with-own-dev'),
  directory,
];

/** Prepares the `/dev` of a daemon that is started behind `ownDev`; returns the path of its `/dev/log`. */
export function prepareDev(daemon: Daemon): string {
  const path = join(daemon.dir, directory);
  mkdirSync(path);
  return join(path, 'log');
}

/** The same, with a syslog daemon that listens there. */
export function startSyslog(daemon: Daemon): SyslogListener {
  return new SyslogListener(prepareDev(daemon));
}
