import type { ActivityLog } from './log/activity-log.ts';
import type { Supervisor } from './process/supervisor.ts';
import type { Rereading } from './rereading.ts';
import type { SignalHandlers } from './signals.ts';
import { UpgradeError } from './upgrade/new-version.ts';
import type { Upgrade } from './upgrade/upgrade.ts';

export interface SignalHandlerParts {
  readonly log: ActivityLog;
  readonly supervisor: Supervisor;
  readonly rereading: Rereading;
  readonly upgrade: Upgrade;
  /** Logs an exception, with what was being done. */
  readonly onException: (what: string, error: unknown) => void;
}

/** What a running daemon does about signals, with supervisord's words in the log. */
export function signalHandlers({
  log,
  supervisor,
  rereading,
  upgrade,
  onException,
}: SignalHandlerParts): SignalHandlers {
  return {
    exit(signal) {
      log.log('warn', `received ${signal} indicating exit request`);
      supervisor.shutDown('exit');
    },
    restart() {
      if (supervisor.state === 'SHUTDOWN') {
        log.log('warn', 'ignored SIGHUP indicating restart request (shutdown in progress)');
        return;
      }
      log.log('warn', 'received SIGHUP indicating restart request');
      const errors = rereading.check();
      for (const error of errors) log.log('critical', `Cannot restart: ${error.message}`);
      if (errors.length === 0) supervisor.shutDown('restart');
    },
    reopenLogs() {
      log.log('info', 'received SIGUSR2 indicating log reopen request');
      log.log('info', 'supervisord logreopen');
      log.reopen().catch((error) => onException('Cannot reopen the activity log', error));
      for (const { processes } of supervisor.groups.values()) {
        for (const { settings, child } of processes.values()) {
          try {
            child.reopenLogs();
          } catch (error) {
            onException(`Cannot reopen the logs of ${settings.group}:${settings.name}`, error);
          }
        }
      }
    },
    upgrade() {
      log.log('warn', 'received SIGUSR1 indicating upgrade request');
      upgrade.start().catch((error) => {
        if (error instanceof UpgradeError) log.log('error', `Cannot upgrade: ${error.message}`);
        else onException('Cannot upgrade', error);
      });
    },
    childQuit: () => log.log('debug', 'received SIGCHLD indicating a child quit'),
  };
}
