// SPDX-License-Identifier: GPL-2.0-only
/*
 * Units: sums are exact, values that can't be are clamped and told, samples
 * stand for what was counted, whatever the period.
 */
#include <poll.h>
#include <sched.h>

#include "kernel_targets.h"

#define FIELD \
	"p kpx_targets:kpxt_f0 a=$arg1:u64 n=$arg2:u64 s=$arg2:s32 low=$arg2:u8"
#define MIB (1U << 20)

static int dev;

static unsigned int define(const char *text)
{
	unsigned int id = 0;
	int ret = define_probe(dev, text, 0, &id);

	CHECK(!ret, "define '%s': %d", text, ret);
	return id;
}

static int open_unit(unsigned int id, unsigned int unit, unsigned int field,
		     uint64_t period)
{
	struct perf_event_attr attr =
		attr_config(config_of(id, 0, unit, field));
	int fd;

	attr.sample_period = period;
	if (period)
		attr.sample_type = SAMPLE_TYPE;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "open unit %u field %u: %d", unit, field, fd);
	return fd;
}

static struct kpx_stats stats_of(unsigned int id)
{
	struct kpx_stats stats;

	CHECK(!probe_stats(dev, id, &stats), "stats");
	return stats;
}

/* What a field's event counts of one call with that second argument. */
static void expect_value(unsigned int id, int fd, uint64_t argument,
			 uint64_t want, unsigned int is_clamped)
{
	uint64_t clamped = stats_of(id).clamped, count = event_count(fd);

	call("f0 1 1 %#llx", (unsigned long long)argument);
	CHECK(event_count(fd) - count == want, "%#llx counts as %llu",
	      (unsigned long long)argument,
	      (unsigned long long)(event_count(fd) - count));
	clamped = stats_of(id).clamped - clamped;
	CHECK(clamped == is_clamped, "%#llx: clamped %llu",
	      (unsigned long long)argument, (unsigned long long)clamped);
}

static void try_values(void)
{
	unsigned int id = define(FIELD);
	int fd = open_unit(id, KPX_UNIT_FIELD, 1, 0);

	expect_value(id, fd, 0, 0, 0);
	expect_value(id, fd, 1234, 1234, 0);
	expect_value(id, fd, 1ULL << 32, 1ULL << 32, 0);
	expect_value(id, fd, 1ULL << 48, 1ULL << 48, 0);
	expect_value(id, fd, (1ULL << 48) + 1, 1ULL << 48, 1);
	expect_value(id, fd, INT64_MAX, 1ULL << 48, 1);
	expect_value(id, fd, 1ULL << 63, 0, 1);
	expect_value(id, fd, -1, 0, 1);
	close(fd);

	fd = open_unit(id, KPX_UNIT_FIELD, 2, 0);
	expect_value(id, fd, 0x7fffffff, 0x7fffffff, 0);
	expect_value(id, fd, 0xffffffff, 0, 1);
	expect_value(id, fd, 0x1ffffffff, 0, 1);
	expect_value(id, fd, 0x100000005, 5, 0);
	close(fd);

	fd = open_unit(id, KPX_UNIT_FIELD, 3, 0);
	expect_value(id, fd, -1, 255, 0);
	close(fd);
}

/* write(fd, buf, -1): as the kernel sees it, before it checks. */
static void try_write(void)
{
	unsigned int id = define("p vfs_write count=$arg3:u64");
	int fd = open_unit(id, KPX_UNIT_FIELD, 0, 0), i;
	int sampling = open_unit(id, KPX_UNIT_FIELD, 0, 4096);
	int null = open("/dev/null", O_WRONLY);
	volatile size_t too_much = -1;
	struct ring ring;
	struct sample sample;

	CHECK(!ring_map(&ring, sampling, 8), "ring");
	for (i = 0; i < 1000; i++)
		if (write(null, "x", too_much) >= 0)
			break;
	CHECK(event_count(fd) == 0, "write(-1) counts %llu",
	      (unsigned long long)event_count(fd));
	CHECK(event_count(sampling) == 0, "sampling counts %llu",
	      (unsigned long long)event_count(sampling));
	CHECK(!ring_next(&ring, &sample), "write(-1) is sampled");
	CHECK(stats_of(id).clamped == 2000, "clamped %llu of 2 events",
	      (unsigned long long)stats_of(id).clamped);
	for (i = 0; i < 100; i++)
		if (write(null, FIELD, 10) != 10)
			break;
	CHECK(event_count(fd) == 1000, "then %llu",
	      (unsigned long long)event_count(fd));
	ring_unmap(&ring);
	close(sampling);
	close(fd);
	close(null);
}

static void try_bad_fields(void)
{
	unsigned int id = define(
		"p kpx_targets:kpxt_f0 n=$arg1:u64 name=$comm a=+0($arg1):u8[4]");
	unsigned int field;

	for (field = 1; field < 6; field++) {
		struct perf_event_attr attr =
			attr_config(config_of(id, 0, KPX_UNIT_FIELD, field));
		int fd = perf_open(&attr, 0, -1);

		CHECK(fd == -EINVAL, "field %u: %d", field, fd);
		CHECK(error_log_says("UNIT_FIELD"), "field %u: error_log",
		      field);
	}
}

/*
 * Values of all sizes against a period: one sample at most for a hit, the count
 * is the sum, and the samples stand for it but for less than a period.
 */
static void try_weights(uint64_t period, unsigned int bits, unsigned int calls)
{
	unsigned int id = define(FIELD), i, n = 0, seed = 12345;
	int fd = open_unit(id, KPX_UNIT_FIELD, 1, period);
	uint64_t sum = 0, weighed = 0, last = 0;
	struct sample sample;
	struct ring ring;

	CHECK(!ring_map(&ring, fd, 64), "ring");
	for (i = 0; i < calls; i++) {
		uint64_t value;

		seed = seed * 1103515245 + 12345;
		value = (((uint64_t)seed << 32) / 7919) &
			((1ULL << (seed % bits)) - 1);
		call("f0 1 %u %llu", i, (unsigned long long)value);
		sum += value;
		while (ring_next(&ring, &sample)) {
			/* the tail: behind a, n, s and low */
			weighed += raw_u64(&sample, 40);
			CHECK(raw_u64(&sample, 40), "a weight of 0");
			CHECK(raw_u64(&sample, 24) == value,
			      "the record isn't of this hit");
			CHECK(raw_arg(&sample, 0) == i && (!n || i != last),
			      "two samples of hit %u", i);
			last = i;
			n++;
		}
		CHECK(sum - weighed * period < period,
		      "period %llu, hit %u: samples stand for %llu of %llu",
		      (unsigned long long)period, i,
		      (unsigned long long)(weighed * period),
		      (unsigned long long)sum);
	}
	CHECK(event_count(fd) == sum, "period %llu: counted %llu of %llu",
	      (unsigned long long)period, (unsigned long long)event_count(fd),
	      (unsigned long long)sum);
	CHECK(n, "no sample");
	ring_unmap(&ring);
	close(fd);
}

/* As perf record does by default, with values of 1 and of 2^48: all is counted. */
static void try_frequency(unsigned int unit)
{
	struct perf_event_attr attr;
	unsigned int id = define(FIELD), i, n = 0;
	uint64_t sum = 0, count;
	struct sample sample;
	struct ring ring;
	int fd;

	attr = attr_config(config_of(id, 0, unit, unit == KPX_UNIT_FIELD));
	attr.freq = 1;
	attr.sample_freq = 4000;
	attr.sample_type = SAMPLE_TYPE;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "open with freq: %d", fd);
	CHECK(!ring_map(&ring, fd, 64), "ring");
	for (i = 0; i < 300; i++) {
		uint64_t value = i % 3 ? 1 : 1ULL << (i % 49);

		call("f0 10 1 %llu", (unsigned long long)value);
		sum += 10 * value;
		while (ring_next(&ring, &sample))
			n++;
	}
	count = event_count(fd);
	if (unit == KPX_UNIT_FIELD)
		CHECK(count == sum, "with a frequency: counted %llu of %llu",
		      (unsigned long long)count, (unsigned long long)sum);
	CHECK(n && n <= 3000, "with a frequency: %u samples", n);
	ring_unmap(&ring);
	close(fd);
}

/* perf record -P and a period: perf would take every hit for a sample. */
static void try_sample_period(void)
{
	struct perf_event_attr attr;
	unsigned int id = define(FIELD);
	int fd;

	attr = attr_config(config_of(id, 0, KPX_UNIT_FIELD, 1));
	attr.sample_period = 1000;
	attr.sample_type = PERF_SAMPLE_PERIOD;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd == -EINVAL, "open: %d", fd);
	if (fd >= 0)
		close(fd);
}

static void check_time(const struct sample *sample, int is_return)
{
	/* p: a, weight, duration_ns, retval; r: $retval, a, the same */
	unsigned int tail = is_return ? 32 : 24;

	CHECK(raw_u64(sample, tail + 8) >= 10000000, "duration_ns %llu",
	      (unsigned long long)raw_u64(sample, tail + 8));
	CHECK(raw_u64(sample, tail + 16) == 0, "retval %#llx",
	      (unsigned long long)raw_u64(sample, tail + 16));
	CHECK(raw_u64(sample, is_return ? 24 : 16) == 10, "a");
}

/* Sleeping is time, and all of it. */
static void try_time(const char *text, int is_return)
{
	unsigned int id = define(text), i;
	int fd = open_unit(id, KPX_UNIT_NS, 0, 0);
	int sampling = open_unit(id, KPX_UNIT_NS, 0, 1000000);
	uint64_t before, spent = 0, weighed = 0, count;
	struct sample sample;
	struct ring ring;

	CHECK(!ring_map(&ring, sampling, 8), "ring");
	for (i = 0; i < 5; i++) {
		before = now_ns();
		call("sleep 1 10");
		spent += now_ns() - before;
	}
	count = event_count(fd);
	CHECK(count >= 50000000 && count <= spent, "%s: %llu ns of %llu", text,
	      (unsigned long long)count, (unsigned long long)spent);
	count = event_count(sampling);
	CHECK(count >= 50000000 && count <= spent, "%s, sampling: %llu ns",
	      text, (unsigned long long)count);
	for (i = 0; ring_next(&ring, &sample); i++) {
		check_time(&sample, is_return);
		weighed += raw_u64(&sample, is_return ? 32 : 24);
	}
	CHECK(i == 5, "%u samples of 5 calls", i);
	CHECK(count - weighed * 1000000 < 1000000, "samples: %llu of %llu",
	      (unsigned long long)weighed * 1000000, (unsigned long long)count);
	CHECK(stats_of(id).in_flight == 0, "in flight: %llu",
	      (unsigned long long)stats_of(id).in_flight);
	ring_unmap(&ring);
	close(sampling);
	close(fd);
}

/* Opens an event for each CPU; what they count, all together. */
static int per_cpu[64];
static unsigned int nr_cpus;

static void open_all(uint64_t config)
{
	struct perf_event_attr attr = attr_config(config);
	unsigned int cpu;

	nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		per_cpu[cpu] = perf_open(&attr, -1, cpu);
		CHECK(per_cpu[cpu] >= 0, "CPU %u: %d", cpu, per_cpu[cpu]);
	}
}

static uint64_t count_all(void)
{
	uint64_t sum = 0;
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		sum += event_count(per_cpu[cpu]);
	return sum;
}

static void close_all(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		close(per_cpu[cpu]);
}

static void wait_in_flight(unsigned int id, uint64_t want)
{
	CHECK(wait_calls(dev, id, want), "calls inside");
}

/* A call that began before the event was there isn't its. */
static void try_early(void)
{
	unsigned int id = define("p kpx_targets:kpxt_sleep a=$arg1");
	pid_t pid;
	int late;

	open_all(config_of(id, 0, KPX_UNIT_NS, 0));
	pid = start_sleeper(60000);
	wait_in_flight(id, 1);
	late = nr_cpus;
	/* more events of the same class, on the same CPUs */
	{
		struct perf_event_attr attr =
			attr_config(config_of(id, 0, KPX_UNIT_NS, 0));
		unsigned int cpu;

		for (cpu = 0; cpu < nr_cpus; cpu++)
			per_cpu[late + cpu] = perf_open(&attr, -1, cpu);
		sleep_ms(500);
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
		for (cpu = 0; cpu < nr_cpus; cpu++) {
			CHECK(event_count(per_cpu[late + cpu]) == 0,
			      "a call from before counts %llu",
			      (unsigned long long)event_count(
				      per_cpu[late + cpu]));
			close(per_cpu[late + cpu]);
		}
	}
	CHECK(count_all() >= 500000000, "the earlier event: %llu",
	      (unsigned long long)count_all());
	wait_in_flight(id, 0);
	close_all();
}

/* Instances that are taken are misses, and -missed counts them all. */
static void try_missed(void)
{
	unsigned int id = define("r1 kpx_targets:kpxt_recurse $retval"), i;
	int hits = open_unit(id, KPX_UNIT_HITS, 0, 0);
	struct perf_event_attr attr =
		attr_config(config_of(id, 0, KPX_UNIT_MISSED, 0));
	pid_t pids[8];
	int fd;

	open_all(config_of(id, 0, KPX_UNIT_MISSED, 0));
	for (i = 0; i < 10; i++)
		call("recurse 1 20");
	CHECK(event_count(hits) == 10, "r1: %llu hits",
	      (unsigned long long)event_count(hits));
	CHECK(count_all() == 190, "%llu missed",
	      (unsigned long long)count_all());
	CHECK(stats_of(id).missed_return == 190, "missed_return %llu",
	      (unsigned long long)stats_of(id).missed_return);
	close_all();
	close(hits);

	/* whose they are nobody knows */
	fd = perf_open(&attr, 0, -1);
	CHECK(fd == -EINVAL, "missed, of a task: %d", fd);
	fd = perf_open(&attr, 0, 0);
	CHECK(fd == -EINVAL, "missed, of a task on a CPU: %d", fd);
	attr.sample_period = 1;
	fd = perf_open(&attr, -1, 0);
	CHECK(fd == -EINVAL, "missed, sampling: %d", fd);

	id = define("r3 kpx_targets:kpxt_sleep $retval");
	open_all(config_of(id, 0, KPX_UNIT_MISSED, 0));
	for (i = 0; i < 8; i++) {
		pids[i] = start_sleeper(60000);
		wait_in_flight(id, i < 3 ? i + 1 : 3);
	}
	/* the last ones may not have gone to sleep yet */
	for (i = 0; i < 1500 && stats_of(id).missed_return < 5; i++)
		sleep_ms(10);
	for (i = 0; i < 8; i++) {
		kill(pids[i], SIGTERM);
		waitpid(pids[i], NULL, 0);
	}
	CHECK(count_all() == 5, "%llu of 8 sleepers missed",
	      (unsigned long long)count_all());
	CHECK(stats_of(id).missed_return == 5, "missed_return %llu",
	      (unsigned long long)stats_of(id).missed_return);
	/* a second time: an event counts from its own beginning */
	close_all();
	CHECK(wait_mechanisms(dev, id, 0), "still armed");
	open_all(config_of(id, 0, KPX_UNIT_MISSED, 0));
	CHECK(count_all() == 0, "a new event begins with %llu",
	      (unsigned long long)count_all());
	CHECK(stats_of(id).missed_return == 5, "missed_return %llu, later",
	      (unsigned long long)stats_of(id).missed_return);
	close_all();
}

/* Is what passes and what doesn't all there is? */
static void try_filtered(const char *text, const char *function)
{
	unsigned int id = define(text);
	int hits = open_unit(id, KPX_UNIT_HITS, 0, 0);
	int filtered = open_unit(id, KPX_UNIT_FILTERED, 0, 0);
	int sampling = open_unit(id, KPX_UNIT_HITS, 0, 1);
	int ns = open_unit(id, KPX_UNIT_NS, 0, 0);
	struct perf_event_attr attr =
		attr_config(config_of(id, 0, KPX_UNIT_FILTERED, 0));
	int fd;

	call("%s 100 0 5", function);
	CHECK(event_count(hits) == 30, "%s: %llu pass", text,
	      (unsigned long long)event_count(hits));
	CHECK(event_count(sampling) == 30, "%s: %llu are sampled", text,
	      (unsigned long long)event_count(sampling));
	CHECK(event_count(filtered) == 70, "%s: %llu don't", text,
	      (unsigned long long)event_count(filtered));
	CHECK(event_count(ns) > 0, "%s: no time", text);
	close(sampling);
	close(ns);
	close(filtered);
	close(hits);
	attr.sample_period = 1;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd == -EINVAL, "filtered, sampling: %d", fd);
}

/* Time of what passes alone. */
static void try_filtered_time(void)
{
	unsigned int id =
		define("p kpx_targets:kpxt_sleep ms=$arg1 if ms >= 20");
	int fd = open_unit(id, KPX_UNIT_NS, 0, 0);
	int sampling = open_unit(id, KPX_UNIT_NS, 0, 1);
	int filtered;
	struct sample sample;
	struct ring ring;
	unsigned int n = 0;

	CHECK(!ring_map(&ring, sampling, 8), "ring");
	call("sleep 1 10");
	CHECK(event_count(fd) == 0, "a call that is filtered takes %llu ns",
	      (unsigned long long)event_count(fd));
	call("sleep 1 20");
	CHECK(event_count(fd) >= 20000000, "a call takes %llu ns",
	      (unsigned long long)event_count(fd));
	while (ring_next(&ring, &sample)) {
		CHECK(raw_arg(&sample, 0) == 20, "a");
		/* every nanosecond is a period */
		CHECK(raw_arg(&sample, 1) == event_count(sampling),
		      "weight %llu of %llu",
		      (unsigned long long)raw_arg(&sample, 1),
		      (unsigned long long)event_count(sampling));
		n++;
	}
	CHECK(n == 1, "%u samples", n);
	ring_unmap(&ring);
	close(sampling);
	/* the events of hits and filtered are at the entry, ns at the return */
	filtered = open_unit(id, KPX_UNIT_FILTERED, 0, 0);
	call("sleep 3 1");
	CHECK(event_count(filtered) == 3, "%llu filtered",
	      (unsigned long long)event_count(filtered));
	close(filtered);
	close(fd);
}

int main(void)
{
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	try_values();
	try_write();
	try_bad_fields();
	try_weights(MIB, 30, 1500);
	try_weights(1, 20, 300);
	try_weights(4096, 48, 300);
	try_weights(3, 4, 500);
	try_frequency(KPX_UNIT_FIELD);
	try_frequency(KPX_UNIT_NS);
	try_sample_period();
	try_time("p kpx_targets:kpxt_sleep a=$arg1", 0);
	try_time("r kpx_targets:kpxt_sleep $retval a=$arg1", 1);
	try_early();
	try_missed();
	try_filtered("p kpx_targets:kpxt_f0 a=$arg1 if a >= 70", "f0");
	try_filtered("r kpx_targets:kpxt_f1 ret=$retval a=$arg1 if ret > 70",
		     "f1");
	try_filtered(
		"p kpx_targets:kpxt_entry_2+0 a=%di b=%si:u8 if a >= 70 && b == 5",
		"entry_2");
	try_filtered_time();
	close(dev);
	return failures != 0;
}
