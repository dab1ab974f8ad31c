# A worker: takes a job (counts the primes in a range of its own), says the result, rests, takes the next.
# Usage: sh worker.sh NUMBER
number=$1
from=$((number * 10000))
echo "worker $number ready, supervised as $SUPERVISOR_GROUP_NAME:$SUPERVISOR_PROCESS_NAME"
while :; do
  count=0
  n=$from
  while [ "$n" -lt $((from + 200)) ]; do
    d=2
    while [ $((d * d)) -le "$n" ] && [ $((n % d)) -ne 0 ]; do d=$((d + 1)); done
    [ $((d * d)) -gt "$n" ] && count=$((count + 1))
    n=$((n + 1))
  done
  echo "worker $number: $count primes between $from and $((from + 199))"
  from=$((from + 200))
  sleep 2
done
