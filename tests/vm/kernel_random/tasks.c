// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>

#include "random.h"

void hit(unsigned int n)
{
	unsigned int i;
	char c;

	for (i = 0; i < n; i++) {
		if (write(null, "x", 1) != 1 || read(null, &c, 1) != 0)
			CHECK(0, "hit: %s", strerror(errno));
		syscall(SYS_getppid);
		if (!(i % 16)) {
			int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

			if (fd >= 0)
				close(fd);
		}
	}
	__atomic_add_fetch(&tally[HIT].ok, 3 * n, __ATOMIC_RELAXED);
}

void do_hit(struct worker *w)
{
	hit(below(w, 40));
}

/* An event of this thread counts all that this thread calls, whatever others do. */
void do_exact(struct worker *w)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	unsigned int i, n = 1 + below(w, 50), samples = 0;
	const struct perf_event_header *header;
	struct ring ring = {};
	int fd;

	attr.type = pmu;
	attr.config = exact_id;
	if (one_in(w, 2)) {
		attr.sample_period = 1;
		attr.sample_type = PERF_SAMPLE_RAW;
	}
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "exact: %s", strerror(-fd));
	if (fd < 0)
		return;
	if (attr.sample_period)
		CHECK(!ring_map(&ring, fd, 2, 1), "exact: no ring");
	for (i = 0; i < n; i++)
		syscall(SYS_getppid);
	CHECK(event_count(fd) == n, "%u calls, counted %llu", n,
	      (unsigned long long)event_count(fd));
	if (ring.page) {
		while ((header = ring_next(&ring, w->record)))
			samples += header->type == PERF_RECORD_SAMPLE;
		CHECK(samples == n, "%u calls, %u samples", n, samples);
	}
	note(EXACT, 0, ERRORS(0), "");
	ring_unmap(&ring);
	close(fd);
}

/* Async-signal-safe calls only: another thread may have held any lock. */
static int child(void *arg)
{
	struct worker *w = arg;
	struct slot slot;

	hit(below(w, 16));
	if (one_in(w, 4)) {
		slot_fill(w, &slot);
		hit(below(w, 8));
	}
	if (one_in(w, 4))
		do_define(w);
	if (one_in(w, 8))
		execl("/bin/true", "true", NULL);
	if (one_in(w, 8))
		raise(SIGKILL);
	return 0;
}

/*
 * Most borrow our memory, as posix_spawn()'s do: to copy it makes all threads
 * fault, which under emulation is most of what they'd do.
 */
void do_fork(struct worker *w)
{
	int copy = one_in(w, 4), status;
	pid_t pid;

	if (copy)
		pid = fork();
	else
		pid = clone(child, (char *)w->stack + sizeof(w->stack),
			    CLONE_VM | CLONE_VFORK | SIGCHLD, w);
	if (!pid) {
		failures = 0;
		w->state ^= (uint64_t)getpid() << 32;
		child(w);
		_exit(!!failures);
	}
	note(FORK, pid < 0 ? -errno : 0, ERRORS(0), "fork");
	if (pid < 0)
		return;
	CHECK(waitpid(pid, &status, 0) == pid, "wait: %s", strerror(errno));
	if (copy && WIFEXITED(status))
		CHECK(!WEXITSTATUS(status), "a child failed");
}

static void *short_thread(void *arg)
{
	hit((uintptr_t)arg);
	return NULL;
}

void do_thread(struct worker *w)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, short_thread,
				 (void *)(uintptr_t)below(w, 32));

	note(THREAD, -ret, ERRORS(0), "pthread_create");
	if (!ret)
		pthread_join(thread, NULL);
}

void do_move(struct worker *w)
{
	unsigned int cpu = below(w, 2 * cpus);
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu < cpus)
		CPU_SET(cpu, &set);
	else
		memset(&set, 0xff, sizeof(set));
	sched_setaffinity(0, sizeof(set), &set);
}
