/** What `-h` prints. @param argv0 the command as it was called */
export function usageText(argv0: string): string {
  return `supervisorctl -- control applications run by supervisord from the cmd line.

Usage: ${argv0} [options] [action [arguments]]

Options:
-c/--configuration FILENAME -- configuration file to use (found in the usual places if not given)
-h/--help -- print this text and exit
-i/--interactive -- open the interactive shell, after the action if there is one
-s/--serverurl URL -- where supervisord listens: http://host:port or unix:///path
     (default "http://localhost:9001").
-u/--username USERNAME -- user name for the server
-p/--password PASSWORD -- password for the server
-r/--history_file FILENAME -- file that keeps the history of the shell

Without an action, the interactive shell is opened. "help" lists the actions, and
"help ACTION" explains one.
`;
}
