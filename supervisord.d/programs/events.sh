# Notes each change of a process' state. Its stdout is the conversation with supervisord, so the notes go to
# stderr; docs/events.md explains the protocol.
while echo READY && read -r header; do
  payload=$(head -c "${header##*len:}")
  state=${header##*eventname:PROCESS_STATE_}
  name=${payload#processname:}
  echo "${name%% *} is ${state%% *}" >&2
  printf 'RESULT 2\nOK'
done
