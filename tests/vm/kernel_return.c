// SPDX-License-Identifier: GPL-2.0-only
/*
 * Return probes: what the function returned, was called with and how long it
 * took; calls that are inside when the probe goes, and tasks that are killed
 * there.
 */
#include <pthread.h>
#include <signal.h>

#include "kernel_targets.h"

static int dev;

static unsigned int define(const char *text)
{
	unsigned int id = 0;
	int ret = define_probe(dev, text, 0, &id);

	CHECK(!ret, "define '%s': %d", text, ret);
	return id;
}

static struct kpx_stats stats_of(unsigned int id)
{
	struct kpx_stats stats;

	CHECK(!probe_stats(dev, id, &stats), "stats");
	return stats;
}

static int open_probe(unsigned int id, uint64_t period, pid_t pid, int cpu)
{
	struct perf_event_attr attr = attr_of(id);
	int fd;

	attr.sample_period = period;
	attr.sample_type = SAMPLE_TYPE;
	fd = perf_open(&attr, pid, cpu);
	CHECK(fd >= 0, "open: %d", fd);
	return fd;
}

/* $retval, all six arguments as they were at the entry, $duration. */
static void try_values(const char *function, unsigned int add)
{
	unsigned int id, n = 0, turns = 200;
	struct sample sample;
	struct ring ring;
	char text[256];
	int fd;

	snprintf(
		text, sizeof(text),
		"r kpx_targets:kpxt_%s ret=$retval a=$arg1 b=$arg2 c=$arg3 d=$arg4 e=$arg5 f=$arg6 t=$duration:u64 low=$retval:u64",
		function);
	id = define(text);
	fd = open_probe(id, 1, 0, -1);
	CHECK(!ring_map(&ring, fd, 32), "ring");
	call("%s %u 100 2 3 4 5 0xffffffffffffffff", function, turns);
	while (ring_next(&ring, &sample)) {
		CHECK(raw_u64(&sample, 8) >= target_address(function) &&
			      raw_u64(&sample, 8) <=
				      target_address(function) + 4,
		      "%s: __probe_ip", function);
		CHECK(raw_arg(&sample, 0) == 100 + n + add, "%s: $retval %llu",
		      function, (unsigned long long)raw_arg(&sample, 0));
		CHECK(raw_arg(&sample, 1) == 100 + n &&
			      raw_arg(&sample, 2) == 2 &&
			      raw_arg(&sample, 3) == 3 &&
			      raw_arg(&sample, 4) == 4 &&
			      raw_arg(&sample, 5) == 5 &&
			      raw_arg(&sample, 6) == -1ULL,
		      "%s: the arguments of hit %u", function, n);
		CHECK(raw_arg(&sample, 7) > 0 &&
			      raw_arg(&sample, 7) < 10000000000ULL,
		      "%s: $duration %llu", function,
		      (unsigned long long)raw_arg(&sample, 7));
		CHECK(raw_arg(&sample, 8) == raw_arg(&sample, 0), "$retval");
		n++;
	}
	CHECK(n == turns, "%s: %u records", function, n);
	CHECK(event_count(fd) == turns, "%s: count", function);
	ring_unmap(&ring);
	close(fd);
}

static void try_recursion(void)
{
	unsigned int id = define("r kpx_targets:kpxt_recurse $retval a=$arg1"),
		     n = 0;
	int fd = open_probe(id, 1, 0, -1);
	struct sample sample;
	struct ring ring;

	CHECK(!ring_map(&ring, fd, 32), "ring");
	call("recurse 1 100");
	while (ring_next(&ring, &sample)) {
		n++;
		/* the innermost returns first */
		CHECK(raw_arg(&sample, 0) == n && raw_arg(&sample, 1) == n,
		      "return %u: %llu %llu", n,
		      (unsigned long long)raw_arg(&sample, 0),
		      (unsigned long long)raw_arg(&sample, 1));
	}
	CHECK(n == 100, "%u returns", n);
	CHECK(stats_of(id).missed_return == 0, "missed %llu",
	      (unsigned long long)stats_of(id).missed_return);
	CHECK(stats_of(id).in_flight == 0, "in flight %llu",
	      (unsigned long long)stats_of(id).in_flight);
	ring_unmap(&ring);
	close(fd);
}

static void wait_in_flight(unsigned int id, uint64_t want)
{
	CHECK(wait_calls(dev, id, want), "calls inside");
}

/* Closed while calls are inside: they return unseen, and aren't inside for ever. */
static void try_disarm(const char *text)
{
	unsigned int id = define(text), i;
	int fd = open_probe(id, 0, -1, 0), other = open_probe(id, 0, -1, 1);
	pid_t pids[4];

	for (i = 0; i < 4; i++)
		pids[i] = start_sleeper(60000);
	wait_in_flight(id, 4);
	close(fd);
	close(other);
	CHECK(wait_mechanisms(dev, id, 0), "%s: still armed", text);
	wait_in_flight(id, 0);
	for (i = 0; i < 4; i++) {
		kill(pids[i], SIGTERM);
		waitpid(pids[i], NULL, 0);
	}
	wait_in_flight(id, 0);
	/* and again */
	fd = open_probe(id, 0, 0, -1);
	call("sleep 1 1");
	CHECK(event_count(fd) == 1, "%s, again: %llu", text,
	      (unsigned long long)event_count(fd));
	wait_in_flight(id, 0);
	close(fd);
	CHECK(!remove_probe(dev, id), "remove");
}

/* The probe itself is removed, or its owner ends, with calls inside. */
static void try_remove(void)
{
	int mine = device_open(), fd;
	unsigned int id = 0;
	pid_t pid;

	CHECK(!define_probe(mine, "r kpx_targets:kpxt_sleep $retval a=$arg1", 0,
			    &id),
	      "define");
	fd = open_probe(id, 0, -1, 0);
	pid = start_sleeper(60000);
	wait_in_flight(id, 1);
	close(fd);
	close(mine);
	/* until the probe is freed */
	sleep_ms(1000);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

/* SIGKILL ends the sleep: the function returns -EINTR, and that is counted. */
static void try_kill(void)
{
	unsigned int id = define("r kpx_targets:kpxt_sleep ret=$retval:s64");
	struct ring rings[2];
	struct sample sample;
	unsigned int i, n = 0;
	int fds[2];
	pid_t pid;

	for (i = 0; i < 2; i++) {
		fds[i] = open_probe(id, 1, -1, i);
		CHECK(!ring_map(&rings[i], fds[i], 8), "ring");
	}
	for (i = 0; i < 20; i++) {
		pid = start_sleeper(60000);
		wait_in_flight(id, 1);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		wait_in_flight(id, 0);
	}
	for (i = 0; i < 2; i++)
		while (ring_next(&rings[i], &sample)) {
			CHECK((int64_t)raw_arg(&sample, 0) == -EINTR,
			      "$retval %lld", (long long)raw_arg(&sample, 0));
			n++;
		}
	CHECK(n == 20, "%u returns of 20 killed", n);
	for (i = 0; i < 2; i++) {
		ring_unmap(&rings[i]);
		close(fds[i]);
	}
}

/* do_exit() never returns: what was taken for it is given back. */
static void try_no_return(void)
{
	unsigned int id = define("r8 do_exit $retval"), i;
	int fd = open_probe(id, 0, -1, 0);
	struct kpx_stats stats;
	pid_t pid;

	for (i = 0; i < 300; i++) {
		pid = fork();
		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	stats = stats_of(id);
	CHECK(stats.offered == 0, "do_exit returned");
	/* the last ones' instances may not be back yet */
	CHECK(stats.missed_return < 300, "missed %llu",
	      (unsigned long long)stats.missed_return);
	close(fd);
	CHECK(wait_mechanisms(dev, id, 0), "still armed");
	wait_in_flight(id, 0);
}

int main(void)
{
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	try_values("f0", 0);
	try_values("f7", 7);
	try_values("entry_1", 2);
	try_recursion();
	try_disarm("r kpx_targets:kpxt_sleep $retval");
	try_disarm("r4 kpx_targets:kpxt_sleep $retval a=$arg1");
	try_remove();
	try_kill();
	try_no_return();
	close(dev);
	return failures != 0;
}
