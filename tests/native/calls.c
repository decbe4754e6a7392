// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls - a known number of system calls: calls N [THREADS]
 *
 * Each thread calls getppid(2) N times. "calls -w N" waits for a line of input
 * first, so that it can be followed before it begins.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long calls;

static void *run(void *arg)
{
	for (long i = 0; i < calls; i++)
		syscall(SYS_getppid);
	return arg;
}

int main(int argc, char **argv)
{
	int wait = argc > 1 && !strcmp(argv[1], "-w");
	pthread_t thread[64];
	int nr;

	argc -= wait;
	argv += wait;
	calls = argc > 1 ? atol(argv[1]) : 1;
	nr = argc > 2 ? atoi(argv[2]) : 1;
	if (calls < 0 || nr < 1 || nr > 64)
		return 2;
	if (wait && getchar() == EOF)
		return 1;
	for (int i = 1; i < nr; i++)
		if (pthread_create(&thread[i], NULL, run, NULL))
			return 1;
	run(NULL);
	for (int i = 1; i < nr; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
