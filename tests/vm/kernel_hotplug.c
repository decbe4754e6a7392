// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_hotplug ROUNDS: takes CPU 1 away and brings it back, while events count
 * on each CPU and on a task that writes without a pause. The task's event counts
 * each of its writes, wherever it was; a CPU's event, which perf drops with the
 * CPU, keeps what it has; one that is opened on the new CPU counts there.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>

#include "kernel.h"
#include "ring.h"

#define ONLINE "/sys/devices/system/cpu/cpu1/online"

struct writer {
	pid_t pid;
	int go, report; /* pipes */
};

static unsigned int id;
static int null;
static volatile sig_atomic_t told;

static void on_signal(int number)
{
	(void)number;
	told = 1;
}

static int switch_cpu(const char *to)
{
	int fd = open(ONLINE, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, to, 1) == 1 ? 0 : -errno;
	close(fd);
	return ret;
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set), "CPU %d: %s", cpu,
	      strerror(errno));
}

/* Counts its own writes to /dev/null from the go to the signal. */
static void write_on(int go, int report)
{
	uint64_t n = 0;
	char c;

	signal(SIGUSR1, on_signal);
	if (read(go, &c, 1) != 1)
		_exit(1);
	while (!told)
		n += write(null, "x", 1) == 1;
	/* this one is seen by the event, too */
	n++;
	_exit(write(report, &n, sizeof(n)) != sizeof(n));
}

static struct writer writer_start(void)
{
	int go[2], report[2];
	struct writer w;

	if (pipe(go) || pipe(report))
		exit(1);
	w.pid = fork();
	if (!w.pid)
		write_on(go[0], report[1]);
	w.go = go[1];
	w.report = report[0];
	return w;
}

static uint64_t writer_end(struct writer *w)
{
	uint64_t n = 0;

	kill(w->pid, SIGUSR1);
	CHECK(read(w->report, &n, sizeof(n)) == sizeof(n), "no report");
	waitpid(w->pid, NULL, 0);
	return n;
}

static int open_event(pid_t pid, int cpu, int sampling)
{
	struct perf_event_attr attr = attr_of(id);

	if (sampling) {
		attr.sample_period = 1;
		attr.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CPU;
	}
	return perf_open(&attr, pid, cpu);
}

/* What CPU 1's own events do in one round. */
static void check_cpu(void)
{
	int counting = open_event(-1, 1, 0), sampling = open_event(-1, 1, 1);
	struct ring ring = {};
	uint64_t before, seen;
	int i;

	CHECK(counting >= 0 && sampling >= 0, "open on CPU 1: %d %d", counting,
	      sampling);
	CHECK(!ring_map(&ring, sampling, 3, 1), "no ring");
	run_on(1);
	before = event_count(counting);
	for (i = 0; i < 100; i++)
		if (write(null, "x", 1) != 1)
			CHECK(0, "write");
	seen = event_count(counting) - before;
	CHECK(seen >= 100, "%llu of 100 on CPU 1", (unsigned long long)seen);
	run_on(0);
	CHECK(!switch_cpu("0"), "CPU 1 off");
	before = event_count(counting);
	CHECK(before >= seen, "the count went back to %llu",
	      (unsigned long long)before);
	i = open_event(-1, 1, 0);
	CHECK(i == -ENODEV, "open on a CPU that is off: %d", i);
	for (i = 0; i < 100; i++)
		if (write(null, "x", 1) != 1)
			CHECK(0, "write");
	CHECK(event_count(counting) == before, "counted on a CPU that is off");
	CHECK(!switch_cpu("1"), "CPU 1 on");
	ring_unmap(&ring);
	close(sampling);
	close(counting);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1, event, dev, i;
	uint64_t count, wrote;
	struct writer w;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dev = device_open();
	CHECK(!define_probe(dev, "p vfs_write n=%dx:u64", 0, &id), "define");
	w = writer_start();
	event = open_event(w.pid, -1, 0);
	CHECK(event >= 0, "open on the writer: %d", event);
	CHECK(write(w.go, "x", 1) == 1, "go");
	for (i = 0; i < rounds; i++)
		check_cpu();
	wrote = writer_end(&w);
	count = event_count(event);
	printf("%d rounds, %llu writes\n", rounds, (unsigned long long)wrote);
	CHECK(count == wrote, "the writer's event counted %llu",
	      (unsigned long long)count);
	close(event);
	close(dev);
	return !!failures;
}
