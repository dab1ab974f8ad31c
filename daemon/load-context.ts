import { hostname } from 'node:os';
import process from 'node:process';
import type { LoadContext } from '../conf/load.ts';
import type { Environment } from '../conf/settings.ts';
import { daemonizingVariable, type Starter, softNofileVariable } from './daemonize.ts';
import { startingEnvironment } from './host/starting-environment.ts';
import { systemUsers } from './host/users.ts';
import { parentVariable } from './parent.ts';
import { tempDirectory } from './temp-directory.ts';
import { type Handover, handoverVariable } from './upgrade/handover.ts';

/**
 * What this process was started with, as far as the meaning of a configuration depends on it.
 *
 * @param starter the process that was given the environment to go by, if it was not this one
 */
export function loadContext(starter: Starter | undefined, handover: Handover | undefined): LoadContext {
  const ours = new Set([softNofileVariable, daemonizingVariable, parentVariable, handoverVariable]);
  const env = new Map([...environmentOfStart(starter)].filter(([name]) => !ours.has(name)));
  const cwd = handover?.cwd ?? workingDirectory();
  return {
    env,
    cwd,
    uid: process.getuid?.() ?? 0,
    users: systemUsers,
    hostname: hostname(),
    tempDirectory: tempDirectory(env, cwd),
    now: () => new Date(),
    warnsOfUnsafeFiles: process.getuid?.() === 0,
  };
}

function environmentOfStart(starter: Starter | undefined): Environment {
  try {
    if (starter?.pid === process.ppid) return startingEnvironment(starter.pid);
  } catch {
    // It has ended meanwhile. What Node handed on differs only where it is not UTF-8.
  }
  return startingEnvironment('self');
}

/** The daemon can be started in a directory that someone has removed. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    process.chdir('/');
    return '/';
  }
}
