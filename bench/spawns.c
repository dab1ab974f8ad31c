/* The least that starting programs takes: posix_spawn of as many children that sleep as the argument says, one
 * after the other. Prints the milliseconds, and ends them. */
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	char *command[] = { "/bin/sleep", "100000", NULL };
	int count = argc > 1 ? atoi(argv[1]) : 1;
	int spawned = 0;
	pid_t *pids = calloc(count, sizeof *pids);
	double before = now();

	while (pids && spawned < count
	       && posix_spawn(&pids[spawned], command[0], NULL, NULL, command, environ) == 0)
		spawned++;
	double elapsed = now() - before;

	for (int i = 0; i < spawned; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	if (spawned < count) {
		perror("posix_spawn");
		return 1;
	}
	printf("%f\n", elapsed);
	return 0;
}
