// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_unit_default MS: writes of all sizes for so long, in a process for each
 * of two CPUs; prints how many there were. Most of them ask for more than can
 * be: -1, 2^48 and 2^62 bytes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static unsigned int load(unsigned int cpu, unsigned int ms)
{
	static const uint64_t sizes[] = { 1, -1, 1ULL << 48, 1ULL << 62,
					  0, -1, 4096,	     1ULL << 63 };
	int fd = open("/dev/null", O_WRONLY);
	uint64_t end = now_ms() + ms;
	unsigned int n;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (n = 0; n % 64 || now_ms() < end; n++) {
		volatile size_t size = sizes[n % 8];
		ssize_t written = write(fd, sizes, size);

		if (written > 4096)
			return 0;
	}
	return n;
}

int main(int argc, char **argv)
{
	unsigned int ms = argc > 1 ? atoi(argv[1]) : 100, n, other;
	int pipes[2];

	if (pipe(pipes))
		return 1;
	if (!fork()) {
		n = load(1, ms);
		_exit(write(pipes[1], &n, sizeof(n)) != sizeof(n));
	}
	n = load(0, ms);
	if (read(pipes[0], &other, sizeof(other)) != sizeof(other))
		return 1;
	wait(NULL);
	printf("%u\n", n && other ? n + other : 0);
	return 0;
}
