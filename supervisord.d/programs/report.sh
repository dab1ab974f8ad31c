# Says how the machine is, and ends.
echo "run $SUPERVISOR_RUN_ID, due at $SUPERVISOR_SCHEDULED"
uptime
df -h .
