# Writes short lines, as many a second as it is told, beginning at no certain moment. Takes as little CPU time as
# it can, as a hundred of them run at the same time.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime sleep CLOCK_MONOTONIC);

my $interval = 1 / shift;
my $next = clock_gettime(CLOCK_MONOTONIC) + rand;
for (my $number = 1; ; $number++) {
    my $rest = $next - clock_gettime(CLOCK_MONOTONIC);
    sleep($rest) if $rest > 0;
    $next += $interval;
    syswrite(STDOUT, "request $number served in 12 ms\n");
}
