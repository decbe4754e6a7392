// SPDX-License-Identifier: GPL-2.0-only
/*
 * Units of events that children inherit: the sum is theirs all together, the
 * time is what each of them measures, and each takes samples by a period of
 * its own. perf gives a task the events of another one of the family when it
 * switches from the one to the other: that loses nothing.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>

#include "kernel_targets.h"

#define CHILDREN 12
#define FIELD	 "p kpx_targets:kpxt_f0 a=$arg1:u64 n=$arg2:u64"
#define SLEEP	 "p kpx_targets:kpxt_sleep ms=$arg1:u64"

/* Where the tick comes late, a sleep of so many ms begins in the past. */
#define LEAST(ms) ((ms)*900000ULL)

static int dev;

/* What the children say, in memory that they share. */
static struct shared {
	uint64_t spent_ns;
	uint64_t failed;
} * shared;

static unsigned int define(const char *text)
{
	unsigned int id = 0;
	int ret = define_probe(dev, text, 0, &id);

	CHECK(!ret, "define '%s': %d", text, ret);
	return id;
}

/* On all CPUs, or on one, which a ring of an inherited event must have. */
static int open_inherited(unsigned int id, unsigned int unit,
			  unsigned int field, uint64_t period, int cpu)
{
	struct perf_event_attr attr =
		attr_config(config_of(id, 0, unit, field));
	int fd;

	attr.inherit = 1;
	attr.sample_period = period;
	if (period)
		attr.sample_type = SAMPLE_TYPE;
	fd = perf_open(&attr, 0, cpu);
	CHECK(fd >= 0, "open unit %u: %d", unit, fd);
	return fd;
}

static void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set), "pin");
}

static void unpin(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	CHECK(!sched_setaffinity(0, sizeof(set), &set), "unpin");
}

static uint64_t spend(unsigned int ms)
{
	uint64_t start = now_ns();

	call("sleep 1 %u", ms);
	start = now_ns() - start;
	__atomic_fetch_add(&shared->spent_ns, start, __ATOMIC_RELAXED);
	return start;
}

static pid_t child(void (*work)(unsigned int), unsigned int i)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	failures = 0;
	work(i);
	_exit(failures != 0);
}

static void wait_for(pid_t pid)
{
	int status;

	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status,
	      "a child failed");
}

static void children(void (*work)(unsigned int), unsigned int nr)
{
	pid_t pids[CHILDREN];
	unsigned int i;

	for (i = 0; i < nr; i++)
		pids[i] = child(work, i);
	for (i = 0; i < nr; i++)
		wait_for(pids[i]);
}

static void *thread_calls(void *arg)
{
	call("f0 3 1 %u", (unsigned int)(uintptr_t)arg);
	spend(10);
	return NULL;
}

/*
 * Nobody is inside, and the children's events are gone, but for one that the
 * parent may have got from a child, which took the original one with it.
 */
static void settles(unsigned int id)
{
	struct kpx_stats stats = { .events = -1 };
	unsigned int i;

	for (i = 0; i < 1000 && stats.events > 2; i++) {
		sleep_ms(i ? 10 : 0);
		CHECK(!probe_stats(dev, id, &stats), "stats");
	}
	CHECK(stats.events <= 2 && !stats.in_flight,
	      "events %llu, in flight %llu", (unsigned long long)stats.events,
	      (unsigned long long)stats.in_flight);
}

/* 10 calls of 1000 + i each, a grandchild and a thread with 3 more. */
static void calls(unsigned int i)
{
	pthread_t thread;
	pid_t pid;

	/* a child that can't open anything any more is counted all the same */
	if (i % 3 == 0 && (setgid(65534) || setuid(65534)))
		failures++;
	call("f0 10 1 %u", 1000 + i);
	spend(20);
	pid = fork();
	if (!pid) {
		call("f0 3 1 7");
		spend(10);
		_exit(0);
	}
	wait_for(pid);
	if (pthread_create(&thread, NULL, thread_calls, (void *)5))
		failures++;
	else
		pthread_join(thread, NULL);
}

static void try_sums(void)
{
	unsigned int field = define(FIELD), sleep = define(SLEEP), i;
	int sum = open_inherited(field, KPX_UNIT_FIELD, 1, 0, -1);
	int hits = open_inherited(field, KPX_UNIT_HITS, 0, 0, -1);
	int ns = open_inherited(sleep, KPX_UNIT_NS, 0, 0, -1);
	uint64_t want = 0;

	shared->spent_ns = 0;
	children(calls, CHILDREN);
	for (i = 0; i < CHILDREN; i++)
		want += 10 * (1000 + i) + 3 * 7 + 3 * 5;
	CHECK(event_count(sum) == want, "sum %llu, want %llu",
	      (unsigned long long)event_count(sum), (unsigned long long)want);
	CHECK(event_count(hits) == 16 * CHILDREN, "hits %llu",
	      (unsigned long long)event_count(hits));
	CHECK(event_count(ns) >= CHILDREN * LEAST(40) &&
		      event_count(ns) <= shared->spent_ns,
	      "%llu ns of %llu", (unsigned long long)event_count(ns),
	      (unsigned long long)shared->spent_ns);
	settles(sleep);
	close(sum);
	close(hits);
	close(ns);
}

static void sleep_long(unsigned int ms)
{
	pin(0);
	spend(ms);
}

static void yield_long(unsigned int ms)
{
	uint64_t end = now_ns() + ms * 1000000ULL;

	pin(0);
	while (now_ns() < end)
		sched_yield();
}

static int is_back(void)
{
	return !!__atomic_load_n(&shared->spent_ns, __ATOMIC_RELAXED);
}

/*
 * One is inside when others of the family come; they all switch to each other
 * on one CPU, and their events go round.
 */
static void try_swapped(void)
{
	unsigned int id = define(SLEEP), i, turn, again = 0;
	int fd = open_inherited(id, KPX_UNIT_NS, 0, 0, -1);
	struct kpx_stats stats = {};
	pid_t sleeper, others[3];
	uint64_t count;
	int is_late;

	pin(0);
	for (turn = 0; turn < 5; turn++) {
		count = event_count(fd);
		shared->spent_ns = 0;
		sleeper = child(sleep_long, 200);
		for (i = 0; i < 2000 && !stats.in_flight && !is_back(); i++) {
			sleep_ms(5);
			probe_stats(dev, id, &stats);
		}
		for (i = 0; i < 3; i++)
			others[i] = child(yield_long, 300);
		/* where the machine stood still the sleep is over: once more */
		is_late = stats.in_flight != 1 || is_back();
		CHECK(!is_late || again < 10, "nobody is inside");
		yield_long(300);
		wait_for(sleeper);
		for (i = 0; i < 3; i++)
			wait_for(others[i]);
		count = event_count(fd) - count;
		CHECK(count >= LEAST(200) && count <= shared->spent_ns,
		      "turn %u: %llu ns of %llu", turn,
		      (unsigned long long)count,
		      (unsigned long long)shared->spent_ns);
		stats.in_flight = 0;
		if (is_late && again++ < 10)
			turn--;
	}
	unpin();
	close(fd);
}

/* Events for each CPU, with their rings. */
#define CPUS 2
struct sampling {
	int fds[CPUS];
	struct ring rings[CPUS];
};

static void open_sampling(struct sampling *s, unsigned int id,
			  unsigned int unit, unsigned int field,
			  uint64_t period)
{
	unsigned int cpu;

	for (cpu = 0; cpu < CPUS; cpu++) {
		s->fds[cpu] = open_inherited(id, unit, field, period, cpu);
		CHECK(!ring_map(&s->rings[cpu], s->fds[cpu], 32), "ring");
	}
}

static void close_sampling(struct sampling *s)
{
	unsigned int cpu;

	for (cpu = 0; cpu < CPUS; cpu++) {
		ring_unmap(&s->rings[cpu]);
		close(s->fds[cpu]);
	}
}

static uint64_t sampling_count(const struct sampling *s)
{
	uint64_t sum = 0;
	unsigned int cpu;

	for (cpu = 0; cpu < CPUS; cpu++)
		sum += event_count(s->fds[cpu]);
	return sum;
}

/* How many samples; *@weight: what they stand for. The tail is at @tail. */
static unsigned int drain(struct sampling *s, unsigned int tail,
			  uint64_t *weight)
{
	struct sample sample;
	unsigned int cpu, n = 0;

	*weight = 0;
	for (cpu = 0; cpu < CPUS; cpu++)
		while (ring_next(&s->rings[cpu], &sample)) {
			CHECK(raw_u64(&sample, tail), "a weight of 0");
			*weight += raw_u64(&sample, tail);
			n++;
		}
	return n;
}

static void calls_pinned(unsigned int i)
{
	pin(i % CPUS);
	/* 25 × 1000 + i: 25 samples by 1000, and 0 to 11 × 25 left */
	call("f0 25 1 %u", 1000 + i);
	/* 7500: one sample, of 7 or 8 periods */
	call("f0 1 1 7500");
}

static void sleeps_pinned(unsigned int i)
{
	pin(i % CPUS);
	spend(35);
	spend(25);
}

/* What each of these has counted since its last sample is less than a period. */
static void check_weight(const struct sampling *s, uint64_t weight,
			 uint64_t period, unsigned int events)
{
	uint64_t count = sampling_count(s);

	CHECK(count - weight * period < events * period,
	      "samples stand for %llu of %llu",
	      (unsigned long long)(weight * period), (unsigned long long)count);
}

static void try_sampling(void)
{
	unsigned int id = define(FIELD), i, n;
	uint64_t weight, want = 0;
	struct sampling s;

	open_sampling(&s, id, KPX_UNIT_FIELD, 1, 1000);
	children(calls_pinned, CHILDREN);
	for (i = 0; i < CHILDREN; i++)
		want += 25 * (1000 + i) + 7500;
	CHECK(sampling_count(&s) == want, "sum %llu, want %llu",
	      (unsigned long long)sampling_count(&s), (unsigned long long)want);
	n = drain(&s, 32, &weight);
	CHECK(n == 26 * CHILDREN, "%u samples", n);
	/* no child's rest makes another period, wherever it is */
	check_weight(&s, weight, 1000, CHILDREN);
	close_sampling(&s);

	id = define(SLEEP);
	open_sampling(&s, id, KPX_UNIT_NS, 0, 10000000);
	shared->spent_ns = 0;
	children(sleeps_pinned, CHILDREN);
	n = drain(&s, 24, &weight);
	CHECK(n == 2 * CHILDREN, "%u samples", n);
	CHECK(sampling_count(&s) >= CHILDREN * LEAST(60) &&
		      sampling_count(&s) <= shared->spent_ns,
	      "%llu ns of %llu", (unsigned long long)sampling_count(&s),
	      (unsigned long long)shared->spent_ns);
	/* the parent's and each child's: a rest may be in any of them */
	check_weight(&s, weight, 10000000, CPUS * (CHILDREN + 1));
	close_sampling(&s);
}

int main(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	/* of those who give up their privileges */
	call("f9 0");
	try_sums();
	try_swapped();
	try_sampling();
	close(dev);
	return failures != 0;
}
