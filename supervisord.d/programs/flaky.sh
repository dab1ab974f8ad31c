# Works for a few seconds, then fails, as real programs now and then do.
seconds=$(($$ % 10 + 5))
echo "started as process $$, with $seconds s to live"
sleep "$seconds"
echo "process $$: something went wrong" >&2
exit 3
