/** Where a daemon of the tests has its files. */
export interface DaemonFiles {
  readonly dir: string;
  readonly socket: string;
  readonly logfile: string;
  readonly pidfile: string;
}

export interface DaemonConfigurationParts {
  /** More lines of `[supervisord]`. */
  readonly supervisord?: string;
  /** Lines of `[unix_http_server]` and `[supervisorctl]`. */
  readonly credentials?: string;
  /** More sections. */
  readonly configuration?: string;
}

/** The text of a whole configuration file, for either daemon. */
export function daemonConfiguration(
  { dir, socket, logfile, pidfile }: DaemonFiles,
  { supervisord = '', credentials = '', configuration = '' }: DaemonConfigurationParts,
): string {
  return `[unix_http_server]
file=${socket}
${credentials}
[supervisord]
logfile=${logfile}
pidfile=${pidfile}
childlogdir=${dir}
${supervisord}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${socket}
${credentials}
${configuration}`;
}
