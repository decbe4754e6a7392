// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program of eventfd(2)'s manual page in its essence: a child writes each
 * argument to an eventfd, the parent reads the sum.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	int efd, j;
	uint64_t u;

	if (argc < 2)
		errx(1, "usage: %s NUM...", argv[0]);
	efd = eventfd(0, 0);
	if (efd == -1)
		err(1, "eventfd");
	switch (fork()) {
	case 0:
		for (j = 1; j < argc; j++) {
			printf("Child writing %s to efd\n", argv[j]);
			u = strtoull(argv[j], NULL, 0);
			if (write(efd, &u, sizeof(u)) != sizeof(u))
				err(1, "write");
		}
		printf("Child completed write loop\n");
		exit(0);
	default:
		sleep(2);
		printf("Parent about to read\n");
		if (read(efd, &u, sizeof(u)) != sizeof(u))
			err(1, "read");
		printf("Parent read %" PRIu64 " (%#" PRIx64 ") from efd\n", u,
		       u);
		exit(0);
	case -1:
		err(1, "fork");
	}
}
