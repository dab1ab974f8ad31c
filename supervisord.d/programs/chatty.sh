# Writes about 100 numbered lines a second.
n=0
while :; do
  batch=0
  while [ "$batch" -lt 20 ]; do
    n=$((n + 1))
    batch=$((batch + 1))
    echo "line $n of a program that logs a great deal, more than anybody will ever read"
  done
  sleep 0.2
done
