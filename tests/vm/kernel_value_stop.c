// SPDX-License-Identifier: GPL-2.0-only
/*
 * An event that counts values is disabled from another CPU, again and again, while
 * hits come: each hit is counted and sampled, or neither. A sample that had no room,
 * because we weren't run for a while, counts, too.
 */
#define _GNU_SOURCE /* CPU_SET() */
#include <sched.h>
#include <signal.h>

#include "kernel_targets.h"

#define VALUE 1000 /* of each hit: the second argument, how many calls */
#define TURNS 400
#define PAGES 512

static int dev;

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set), "CPU %d", cpu);
}

/* Hits on CPU 1 until it's killed. */
static pid_t start_hits(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	stay_on(1);
	for (;;) {
		struct kpx_trial trial = { .size = sizeof(trial),
					   .calls = VALUE };

		if (ioctl(dev, KPX_IOC_TRIAL, &trial))
			_exit(1);
	}
}

static unsigned int drain(struct ring *ring)
{
	struct sample sample;
	unsigned int nr = 0;

	while (ring_next(ring, &sample))
		nr++;
	return nr;
}

struct counts {
	uint64_t value;
	uint64_t lost; /* samples */
};

static struct counts read_counts(int fd)
{
	struct counts counts = { 0 };

	CHECK(read(fd, &counts, sizeof(counts)) == sizeof(counts), "read: %s",
	      strerror(errno));
	return counts;
}

static void stop_and_go(int fd, struct ring *ring)
{
	struct counts counts;
	uint64_t samples = 0;
	int turn, halves = 0;

	for (turn = 0; turn < TURNS; turn++) {
		CHECK(!ioctl(fd, PERF_EVENT_IOC_ENABLE, 0), "enable");
		sleep_ms(1);
		CHECK(!ioctl(fd, PERF_EVENT_IOC_DISABLE, 0), "disable");
		samples += drain(ring);
		counts = read_counts(fd);
		if (counts.value != (samples + counts.lost) * VALUE &&
		    !halves++)
			fprintf(stderr,
				"turn %d: %llu samples, %llu lost, a count of "
				"%llu\n",
				turn, (unsigned long long)samples,
				(unsigned long long)counts.lost,
				(unsigned long long)counts.value);
	}
	CHECK(samples > TURNS, "only %llu samples",
	      (unsigned long long)samples);
	CHECK(!halves, "%d times a hit was counted, or sampled, only", halves);
}

int main(void)
{
	struct perf_event_attr attr;
	struct ring ring;
	unsigned int id = 0;
	pid_t pid;
	int fd;

	dev = device_open();
	CHECK(!define_probe(dev, "p " KPX_TRIAL_FUNCTION " calls=$arg2:u64", 0,
			    &id),
	      "define");
	attr = attr_config(config_of(id, KPX_MODE_AUTO, KPX_UNIT_FIELD, 0));
	attr.sample_type = SAMPLE_TYPE;
	attr.sample_period = 1;
	attr.read_format = PERF_FORMAT_LOST;
	attr.disabled = 1;
	fd = perf_open(&attr, -1, 1);
	CHECK(fd >= 0, "open: %d", fd);
	CHECK(!ring_map(&ring, fd, PAGES), "ring: %s", strerror(errno));
	ring.may_lose = 1;
	stay_on(0);
	pid = start_hits();
	stop_and_go(fd, &ring);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ring_unmap(&ring);
	close(fd);
	close(dev);
	return failures != 0;
}
