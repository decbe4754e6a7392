// SPDX-License-Identifier: GPL-2.0-only
/* kernel_forks N: N short tasks, one after the other, each writes one byte. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int i, n = argc > 1 ? atoi(argv[1]) : 1;
	int fd = open("/dev/null", O_WRONLY);

	for (i = 0; i < n; i++) {
		pid_t pid = fork();
		int status;

		if (pid < 0) {
			perror("fork");
			return 1;
		}
		if (!pid)
			_exit(write(fd, "x", 1) != 1);
		if (waitpid(pid, &status, 0) != pid || status)
			return 1;
	}
	return 0;
}
