// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm - getppid(2), as fast as it goes or at a rate
 *
 * usage: storm [-c CPU] CALLS
 *        storm [-c CPU] -r RATE SECONDS
 *
 * RATE is calls a second; a storm that can't keep up calls as fast as it goes,
 * and ends in time. Prints the calls that it made and the seconds that it took.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BURST 64 /* calls between two looks at the clock */

/* By the vDSO: no system call that would be recorded. */
static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static void call(uint64_t calls)
{
	while (calls--)
		syscall(SYS_getppid);
}

static uint64_t call_at_rate(double rate, double seconds)
{
	double start = now(), passed = 0;
	uint64_t calls = 0;

	while (passed < seconds) {
		if (calls <= rate * passed) {
			call(BURST);
			calls += BURST;
		}
		passed = now() - start;
	}
	return calls;
}

static double number(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= 0)) {
		fprintf(stderr, "storm: '%s' is no number\n", text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	double rate = 0, start, amount;
	uint64_t calls;
	int option;

	while ((option = getopt(argc, argv, "c:r:")) != -1) {
		if (option == 'r') {
			rate = number(optarg);
		} else if (option != 'c') {
			return 2;
		} else if (pin(number(optarg))) {
			perror("storm: sched_setaffinity");
			return 1;
		}
	}
	if (optind + 1 != argc) {
		fputs("usage: storm [-c CPU] [-r RATE] CALLS|SECONDS\n",
		      stderr);
		return 2;
	}
	amount = number(argv[optind]);
	start = now();
	if (rate > 0) {
		calls = call_at_rate(rate, amount);
	} else {
		calls = amount;
		call(calls);
	}
	printf("%llu %.6f\n", (unsigned long long)calls, now() - start);
	return 0;
}
