// SPDX-License-Identifier: GPL-2.0-only
/*
 * pingpong - a byte goes to another process and back through pipes
 *
 * usage: pingpong TIMES
 *
 * Both run on CPU 0: then each way is one switch, whatever else runs, and the
 * events of it are always the same.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int play(int in, int out, long times, int serve)
{
	char ball = 0;

	for (long i = 0; i < times; i++) {
		if (serve && write(out, &ball, 1) != 1)
			return fail("pingpong: write");
		if (read(in, &ball, 1) != 1)
			return fail("pingpong: read");
		if (!serve && write(out, &ball, 1) != 1)
			return fail("pingpong: write");
	}
	return 0;
}

int main(int argc, char **argv)
{
	int there[2], back[2], status, other;
	cpu_set_t set;
	long times;
	pid_t pid;
	char *end;

	times = argc == 2 ? strtol(argv[1], &end, 10) : -1;
	if (times < 0 || *end) {
		fputs("usage: pingpong TIMES\n", stderr);
		return 2;
	}
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set) || pipe(there) ||
	    pipe(back))
		return fail("pingpong");
	pid = fork();
	if (pid < 0)
		return fail("pingpong: fork");
	if (!pid) {
		/* Only one end each, so that neither waits for a dead one. */
		close(there[1]);
		close(back[0]);
		return play(there[0], back[1], times, 0);
	}
	close(there[0]);
	close(back[1]);
	status = play(back[0], there[1], times, 1);
	close(back[0]);
	close(there[1]);
	if (waitpid(pid, &other, 0) != pid)
		return fail("pingpong: wait");
	return status || other;
}
