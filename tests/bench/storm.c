// SPDX-License-Identifier: GPL-2.0-only
/* storm - N getppid(2) system calls, as fast as they go: storm [N] */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *end;
	long n = argc > 1 ? strtol(argv[1], &end, 10) : 1000000;

	if (n < 0 || (argc > 1 && (*end || end == argv[1]))) {
		fprintf(stderr, "usage: storm [CALLS]\n");
		return 2;
	}
	for (long i = 0; i < n; i++)
		syscall(SYS_getppid);
	return 0;
}
