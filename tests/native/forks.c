// SPDX-License-Identifier: GPL-2.0-only
/*
 * forks - a known number of short-lived processes: forks N
 *
 * Each gives itself the name kidK, K its number, calls getppid(2) once, and ends.
 * "forks -w N" waits for a line of input first, so that it can be followed before
 * it begins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void kid(long number)
{
	char name[32]; /* of which 15 characters count */

	snprintf(name, sizeof(name), "kid%ld", number);
	prctl(PR_SET_NAME, name);
	syscall(SYS_getppid);
	_exit(0);
}

int main(int argc, char **argv)
{
	int wait_first = argc > 1 && !strcmp(argv[1], "-w");
	long nr = argc > 1 + wait_first ? atol(argv[1 + wait_first]) : 1;

	if (wait_first && getchar() == EOF)
		return 1;
	for (long i = 0; i < nr; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (!pid)
			kid(i);
		if (waitpid(pid, NULL, 0) != pid)
			return 1;
	}
	return 0;
}
