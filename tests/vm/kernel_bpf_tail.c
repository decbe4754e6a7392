// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_bpf_tail CHANGES: a program's tail call goes where the map says, which
 * changes while hits go on; each is one program's or the other's, and what that
 * returns is the verdict.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>

#include "../bpf/tail.h"
#include "bpf.h"
#include "kernel_targets.h"

static int dev;
static int is_over;
static uint64_t hits[2];

/* *@arg: the CPU. */
static void *caller(void *arg)
{
	int cpu = *(int *)arg;
	char line[64];
	cpu_set_t cpus;
	int len, fd = open(TARGETS_CALL, O_WRONLY | O_CLOEXEC);

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	/* the second argument is the slot of an indirect call */
	len = snprintf(line, sizeof(line), "f4 200 0 0");
	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
		if (write(fd, line, len) != len)
			CHECK(0, "call: %s", strerror(errno));
		__atomic_fetch_add(&hits[cpu], 200, __ATOMIC_RELAXED);
	}
	close(fd);
	return NULL;
}

static uint64_t all_hits(void)
{
	return __atomic_load_n(&hits[0], __ATOMIC_RELAXED) +
	       __atomic_load_n(&hits[1], __ATOMIC_RELAXED);
}

/* Some hits later; 0: there are none. */
static int wait_hits(void)
{
	uint64_t before = all_hits();
	int i;

	for (i = 0; i < 10000 && all_hits() < before + 400; i++)
		sleep_ms(1);
	return i < 10000;
}

static uint64_t sum_of(int map, uint32_t key)
{
	uint64_t values[256], sum = 0;
	int i, cpus = libbpf_num_possible_cpus();

	CHECK(cpus <= 256 && !bpf_map_lookup_elem(map, &key, values),
	      "count %u", key);
	for (i = 0; i < cpus && i < 256; i++)
		sum += values[i];
	return sum;
}

static void try_tail(const char *name, unsigned int changes)
{
	unsigned int id = defined(dev, "p:bpf_tail kpxt_f4", 0), i;
	struct bpf_object *object = object_of("tail");
	int counts = map_fd(object, "counts"), map = map_fd(object, "targets");
	int fds[2] = { program_fd(object, "tail_even"),
		       program_fd(object, "tail_odd") };
	int fd = program_fd(object, name), cpus[2] = { 0, 1 }, ret;
	uint64_t even, odd, missed, sum, started = now_ns();
	pthread_t threads[2];
	struct kpx_stats stats;
	uint32_t zero = 0;

	CHECK(!bpf_map_update_elem(map, &zero, &fds[0], 0), "the map");
	ret = bpf_attach_to(dev, id, fd, 0, 0);
	CHECK(!ret, "attach: %s", strerror(-ret));
	is_over = 0;
	hits[0] = hits[1] = 0;
	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, caller, &cpus[i]);
	for (i = 1; i <= changes && !failures; i++) {
		ret = bpf_map_update_elem(map, &zero, &fds[i & 1], 0);
		CHECK(!ret, "the map: %d", ret);
		CHECK(wait_hits(), "no hits");
	}
	__atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	stats = stats_of(dev, id);
	check_book(name, &stats);
	even = sum_of(counts, TAIL_EVEN);
	odd = sum_of(counts, TAIL_ODD);
	missed = sum_of(counts, TAIL_MISSED);
	sum = hits[0] + hits[1];
	printf("%s: %u changes in %llu ms, %llu hits: even %llu, odd %llu, busy %llu\n",
	       name, changes, ull((now_ns() - started) / 1000000), ull(sum),
	       ull(even), ull(odd), ull(stats.bpf_busy));
	CHECK(!missed, "%s: %llu times none was there", name, ull(missed));
	/* the kernel's kprobe may miss a hit inside of another, and says so */
	CHECK(even + odd + stats.bpf_busy + stats.missed_kprobe == sum &&
		      even + odd == stats.bpf_runs,
	      "%s: even %llu, odd %llu, busy %llu, missed %llu, ran %llu of %llu",
	      name, ull(even), ull(odd), ull(stats.bpf_busy),
	      ull(stats.missed_kprobe), ull(stats.bpf_runs), ull(sum));
	CHECK(even && odd, "%s: all hits are one's", name);
	CHECK(stats.filtered_bpf == odd && stats.offered == even,
	      "%s: filtered_bpf %llu, offered %llu", name,
	      ull(stats.filtered_bpf), ull(stats.offered));
	CHECK(!bpf_detach(dev, id, program_id(fd)), "detach");
	CHECK(!remove_probe(dev, id), "remove");
	bpf_object__close(object);
}

int main(int argc, char **argv)
{
	unsigned int changes = argc > 1 ? atoi(argv[1]) : 2000;

	bpf_begin();
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	try_tail("tail_direct", changes);
	try_tail("tail_indirect", changes);
	close(dev);
	return !!failures;
}
