# Writes short lines, each with a write of its own: so many at a time, so many times a second, beginning at no
# certain moment. Takes as little CPU time as it can, as a hundred of them run at the same time.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime sleep CLOCK_MONOTONIC);

my ($lines, $times) = @ARGV;
my $next = clock_gettime(CLOCK_MONOTONIC) + rand;
for (my $number = 1; ; $number++) {
    my $rest = $next - clock_gettime(CLOCK_MONOTONIC);
    sleep($rest) if $rest > 0;
    $next += 1 / $times;
    syswrite(STDOUT, "request $number served in 12 ms\n") for 1 .. $lines;
}
