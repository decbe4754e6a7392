// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_bpf_storm CHANGES: programs come, go and are replaced under full load on
 * two CPUs; each hit runs an array that there was, whole, and none is lost.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>

#include "../bpf/storm.h"
#include "bpf.h"
#include "kernel_targets.h"

#define COMM "kpx_storm"

static int dev;
static int is_over;
static struct bpf_object *object;
static unsigned long changes;

/* ---- the load ------------------------------------------------------------ */

/* *@arg: the CPU. */
static void *writer(void *arg)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	cpu_set_t cpus;

	prctl(PR_SET_NAME, COMM);
	CPU_ZERO(&cpus);
	CPU_SET(*(int *)arg, &cpus);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus))
		CHECK(0, "no CPU %d", *(int *)arg);
	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED))
		if (write(null, "x", 1) != 1)
			CHECK(0, "write: %s", strerror(errno));
	close(null);
	return NULL;
}

/* ---- the changes --------------------------------------------------------- */

static int fd_of(const char *name)
{
	return program_fd(object, name);
}

static unsigned int id_of(const char *name)
{
	return program_id(fd_of(name));
}

static void attach(unsigned int id, const char *name, unsigned int flags,
		   const char *relative)
{
	struct kpx_bpf_attach args = {
		.id = id,
		.prog_fd = fd_of(name),
		.flags = flags,
		.relative_id = relative ? id_of(relative) : 0,
	};
	int ret = bpf_attach(dev, &args);

	CHECK(!ret, "%s, flags %#x: %s (%s)", name, flags, strerror(-ret),
	      args.error);
	changes++;
}

static void detach(unsigned int id, const char *name)
{
	int ret = bpf_detach(dev, id, id_of(name));

	CHECK(!ret, "detach %s: %s", name, strerror(-ret));
	changes++;
}

/* Attached by a descriptor and by an event, closed at once. */
static void guests(unsigned int id)
{
	struct perf_event_attr attr = attr_of(id);
	struct event_bpf bpf = {};
	int fd = bpf_attach_to(dev, id, fd_of("storm_guest"), KPX_BPF_LINK, 0);

	CHECK(fd > 0, "link: %s", strerror(-fd));
	close(fd);
	event_bpf_add(&bpf, fd_of("storm_guest"), 0);
	attr.config2 = (uintptr_t)&bpf.head;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "event: %s", strerror(-fd));
	close(fd);
	changes += 4;
}

/* A, B, BC, C, and A again. */
static void turn(unsigned int id)
{
	attach(id, "storm_b", KPX_BPF_REPLACE, "storm_a");
	attach(id, "storm_c", KPX_BPF_AFTER, "storm_b");
	guests(id);
	detach(id, "storm_b");
	attach(id, "storm_a", KPX_BPF_REPLACE, "storm_c");
}

/* ---- what came of it ----------------------------------------------------- */

static uint64_t sum_of(const char *map, uint32_t key)
{
	uint64_t values[256], sum = 0;
	int i, cpus = libbpf_num_possible_cpus();

	CHECK(cpus <= 256 &&
		      !bpf_map_lookup_elem(map_fd(object, map), &key, values),
	      "%s: %u", map, key);
	for (i = 0; i < cpus && i < 256; i++)
		sum += values[i];
	return sum;
}

#define WORD_A	(1 << 2 | STORM_A)
#define WORD_B	(1 << 2 | STORM_B)
#define WORD_C	(1 << 2 | STORM_C)
#define WORD_BC (WORD_B << 2 | STORM_C)

static void check_words(uint64_t hits)
{
	static const uint32_t words[] = { WORD_A, WORD_B, WORD_BC, WORD_C };
	uint64_t n[4], other = 0;
	uint32_t word, i;

	for (i = 0; i < 4; i++)
		n[i] = sum_of("found", words[i]);
	for (word = 0; word < STORM_WORDS; word++) {
		other += sum_of("found", word);
		if (word != WORD_A && word != WORD_B && word != WORD_BC &&
		    word != WORD_C)
			CHECK(!sum_of("found", word), "word %#x: %llu hits",
			      word, ull(sum_of("found", word)));
	}
	printf("%llu hits: A %llu, B %llu, BC %llu, C %llu; guests %llu\n",
	       ull(hits), ull(n[0]), ull(n[1]), ull(n[2]), ull(n[3]),
	       ull(sum_of("runs", STORM_GUEST)));
	CHECK(changes < 1000 || (n[0] && n[1] && n[2] && n[3]),
	      "an array was never run");
	CHECK(other == hits, "%llu words of %llu hits", ull(other), ull(hits));
	CHECK(sum_of("runs", STORM_A) == n[0], "A ran %llu times",
	      ull(sum_of("runs", STORM_A)));
	CHECK(sum_of("runs", STORM_B) == n[1] + n[2], "B ran %llu times",
	      ull(sum_of("runs", STORM_B)));
	CHECK(sum_of("runs", STORM_C) == n[2] + n[3], "C ran %llu times",
	      ull(sum_of("runs", STORM_C)));
	CHECK(sum_of("runs", STORM_FIRST) == hits &&
		      sum_of("runs", STORM_LAST) == hits,
	      "the first ran %llu times, the last %llu, of %llu",
	      ull(sum_of("runs", STORM_FIRST)), ull(sum_of("runs", STORM_LAST)),
	      ull(hits));
}

static void check_query(unsigned int id, uint64_t hits)
{
	struct kpx_bpf_program programs[KPX_PROGRAMS_MAX];
	int nr = bpf_query(dev, id, programs);

	CHECK(nr == 3 && programs[0].id == id_of("storm_first") &&
		      programs[1].id == id_of("storm_a") &&
		      programs[2].id == id_of("storm_last"),
	      "%d programs", nr);
	CHECK(programs[0].runs == hits && programs[2].runs == hits,
	      "the first ran %llu times, the last %llu, of %llu",
	      ull(programs[0].runs), ull(programs[2].runs), ull(hits));
}

int main(int argc, char **argv)
{
	static const char text[] =
		"p:bpf_storm vfs_write comm=$comm if comm == \"" COMM "\"";
	unsigned long want = argc > 1 ? strtoul(argv[1], NULL, 0) : 10000;
	int cpus[2] = { 0, 1 }, events[2], i;
	pthread_t threads[2];
	struct kpx_stats stats;
	uint64_t started, counted;
	struct perf_event_attr attr;
	unsigned int id;

	bpf_begin();
	dev = device_open();
	object = object_of("storm");
	id = defined(dev, text, 0);
	attr = attr_of(id);
	attach(id, "storm_first", 0, NULL);
	attach(id, "storm_a", 0, NULL);
	attach(id, "storm_last", 0, NULL);
	for (i = 0; i < 2; i++) {
		events[i] = perf_open(&attr, -1, i);
		CHECK(events[i] >= 0, "open: %s", strerror(-events[i]));
		pthread_create(&threads[i], NULL, writer, &cpus[i]);
	}
	started = now_ns();
	changes = 0;
	while (changes < want && !failures)
		turn(id);
	printf("%lu changes in %llu ms\n", changes,
	       ull((now_ns() - started) / 1000000));
	__atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	stats = stats_of(dev, id);
	check_book("storm", &stats);
	printf("entered %llu, offered %llu, no_listener %llu, busy %llu\n",
	       ull(stats.entered), ull(stats.offered), ull(stats.no_listener),
	       ull(stats.bpf_busy));
	CHECK(!stats.filtered_bpf && stats.recursion == stats.bpf_busy,
	      "filtered_bpf %llu, recursion %llu", ull(stats.filtered_bpf),
	      ull(stats.recursion));
	CHECK(stats.entered - stats.filtered_pred ==
		      stats.bpf_runs + stats.bpf_busy,
	      "ran %llu times", ull(stats.bpf_runs));
	check_words(stats.bpf_runs);
	check_query(id, stats.bpf_runs);
	counted = event_count(events[0]) + event_count(events[1]);
	CHECK(counted == stats.offered, "counted %llu", ull(counted));
	CHECK(counted > changes, "hardly a hit: %llu", ull(counted));
	detach(id, "storm_first");
	detach(id, "storm_a");
	detach(id, "storm_last");
	for (i = 0; i < 2; i++)
		close(events[i]);
	CHECK(!remove_probe(dev, id), "remove");
	bpf_object__close(object);
	close(dev);
	return !!failures;
}
