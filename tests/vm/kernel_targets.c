// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_targets [OTHERS]: one probe of many functions. OTHERS has addresses of
 * functions of the kernel, a line each, for probes of thousands.
 */
#include "kernel_targets.h"

#define NR 10

static int dev;
static uint64_t functions[NR];

static uint64_t *others;
static unsigned int nr_others;

static struct kpx_define last;

/* 0 or -errno; *@id. */
static int define(const char *text, const uint64_t *targets, unsigned int nr,
		  unsigned int *id)
{
	int ret = define_targets(dev, text, targets, nr, &last);

	*id = last.id;
	return ret;
}

static struct kpx_stats stats_of(unsigned int id)
{
	struct kpx_stats stats;

	CHECK(!probe_stats(dev, id, &stats), "stats");
	return stats;
}

static int open_probe(uint64_t config, uint64_t period)
{
	struct perf_event_attr attr = attr_config(config);

	attr.sample_period = period;
	attr.sample_type = SAMPLE_TYPE;
	return perf_open(&attr, 0, -1);
}

static void call_f(unsigned int n, unsigned int turns)
{
	call("f%u %u 1000 %u", n, turns, n);
}

static unsigned int which(uint64_t address)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		if (functions[i] == address)
			return i;
	return NR;
}

/* The record says which function it was; @is_return: $retval behind a. */
static void check_records(struct ring *ring, int is_return)
{
	unsigned int hits[NR + 1] = { 0 }, i;
	struct sample sample;

	while (ring_next(ring, &sample)) {
		i = which(raw_u64(&sample, 8));
		CHECK(i < NR, "__probe_ip %llx",
		      (unsigned long long)raw_u64(&sample, 8));
		CHECK(raw_arg(&sample, 0) == 1000 + hits[i], "a of f%u", i);
		if (is_return)
			CHECK(raw_arg(&sample, 1) == 1000 + hits[i] + i,
			      "$retval of f%u", i);
		else
			CHECK(raw_arg(&sample, 1) == i, "b of f%u", i);
		hits[i]++;
	}
	for (i = 0; i < NR; i++)
		CHECK(hits[i] == 10 * i, "f%u: %u records", i, hits[i]);
}

static void try_records(const char *text, int is_return)
{
	struct ring ring;
	unsigned int id, i;
	int fd, ret;

	ret = define(text, functions, NR, &id);
	CHECK(!ret, "define %s: %d %s", text, ret, last.error);
	fd = open_probe(id, 1);
	CHECK(fd >= 0, "open: %d", fd);
	CHECK(!ring_map(&ring, fd, 32), "ring");
	for (i = 0; i < NR; i++)
		call_f(i, 10 * i);
	check_records(&ring, is_return);
	CHECK(event_count(fd) == 450, "count %llu",
	      (unsigned long long)event_count(fd));
	CHECK(stats_of(id).targets == NR, "targets");
	CHECK(stats_of(id).mechanisms ==
		      1 << (is_return ? KPX_MODE_AUTO : KPX_MODE_FTRACE),
	      "mechanisms %#x", stats_of(id).mechanisms);
	ring_unmap(&ring);
	close(fd);
	CHECK(!remove_probe(dev, id), "remove");
}

static void try_units(void)
{
	unsigned int id, i;
	int bytes, ns, filtered;

	CHECK(!define("p kpx_targets:kpxt_f0 a=$arg1 b=$arg2:u64 if b != 9",
		      functions, NR, &id),
	      "define");
	bytes = open_probe(config_of(id, 0, KPX_UNIT_FIELD, 1), 0);
	ns = open_probe(config_of(id, 0, KPX_UNIT_NS, 0), 0);
	filtered = open_probe(config_of(id, 0, KPX_UNIT_FILTERED, 0), 0);
	CHECK(bytes >= 0 && ns >= 0 && filtered >= 0, "open: %d %d %d", bytes,
	      ns, filtered);
	for (i = 0; i < NR; i++)
		call_f(i, 100);
	CHECK(event_count(bytes) == 3600, "sum %llu",
	      (unsigned long long)event_count(bytes));
	CHECK(event_count(filtered) == 100, "filtered %llu",
	      (unsigned long long)event_count(filtered));
	CHECK(event_count(ns) > 0, "no time");
	close(filtered);
	close(ns);
	close(bytes);
}

static void try_modes(void)
{
	unsigned int id;
	int fd;

	CHECK(!define("p kpx_targets:kpxt_f0", functions, NR, &id), "define");
	fd = open_probe(config_of(id, KPX_MODE_INT3, 0, 0), 0);
	CHECK(fd == -EOPNOTSUPP, "int3: %d", fd);
	CHECK(error_log_says("MODE_MANY"), "error_log");
	fd = open_probe(config_of(id, KPX_MODE_JUMP, 0, 0), 0);
	CHECK(fd == -EOPNOTSUPP, "jump: %d", fd);
	fd = open_probe(config_of(id, KPX_MODE_FTRACE, 0, 0), 0);
	CHECK(fd >= 0, "ftrace: %d", fd);
	close(fd);
}

/* Two probes of some of the same functions, and a single one of one of them. */
static void try_overlap(void)
{
	unsigned int ids[3], i;
	int fds[3];

	CHECK(!define("p kpx_targets:kpxt_f0", functions, 6, &ids[0]),
	      "define");
	CHECK(!define("p kpx_targets:kpxt_f4 %bx", functions + 4, 6, &ids[1]),
	      "define");
	CHECK(!define("p kpx_targets:kpxt_f5", NULL, 0, &ids[2]), "define");
	for (i = 0; i < 3; i++)
		fds[i] = open_probe(ids[i], 0);
	for (i = 0; i < NR; i++)
		call_f(i, 10);
	CHECK(event_count(fds[0]) == 60, "one: %llu",
	      (unsigned long long)event_count(fds[0]));
	CHECK(event_count(fds[1]) == 60, "other: %llu",
	      (unsigned long long)event_count(fds[1]));
	CHECK(event_count(fds[2]) == 10, "single: %llu",
	      (unsigned long long)event_count(fds[2]));
	close(fds[0]);
	CHECK(wait_mechanisms(dev, ids[0], 0), "still armed");
	for (i = 0; i < NR; i++)
		call_f(i, 10);
	CHECK(event_count(fds[1]) == 120 && event_count(fds[2]) == 20,
	      "without the one: %llu %llu",
	      (unsigned long long)event_count(fds[1]),
	      (unsigned long long)event_count(fds[2]));
	close(fds[1]);
	close(fds[2]);
}

static void refused(const char *what, const char *text, const uint64_t *targets,
		    unsigned int nr, int want, unsigned int code)
{
	unsigned int id;
	int ret = define(text, targets, nr, &id);

	CHECK(ret == want && last.error_code == code, "%s: %d, error %u %s",
	      what, ret, last.error_code, last.error);
	if (!ret)
		remove_probe(dev, id);
}

static void try_bad(void)
{
	const char *text = "p kpx_targets:kpxt_f0";
	uint64_t bad[4] = { functions[0], functions[1], 0, functions[2] };
	char word[32];

	bad[2] = functions[3] + 1;
	refused("inside a function", text, bad, 4, -EINVAL, 27);
	bad[2] = target_address("win_2");
	refused("without fentry", text, bad, 4, -EINVAL, 27);
	/* the error names it */
	snprintf(word, sizeof(word), "%llx", (unsigned long long)bad[2] >> 8);
	CHECK(strstr(last.error, word), "'%s' has no %s", last.error, word);
	bad[2] = 0;
	refused("0", text, bad, 4, -EINVAL, 27);
	bad[2] = (uintptr_t)bad;
	refused("a user's address", text, bad, 4, -EINVAL, 27);
	bad[2] = -1ULL;
	refused("-1", text, bad, 4, -EINVAL, 27);
	refused("another's first", "p kpx_targets:kpxt_f1", functions, NR,
		-EINVAL, 109);
	refused("no array", text, NULL, 3, -EFAULT, 0);
	refused("a bad pointer", text, (void *)-4096UL, 3, -EFAULT, 0);
	refused("too many", text, functions, KPX_TARGETS_MAX + 1, -E2BIG, 0);
	refused("far too many", text, functions, -1U, -E2BIG, 0);
}

static void try_duplicates(void)
{
	uint64_t twice[] = { functions[1], functions[2], functions[1],
			     functions[2] };
	unsigned int id;
	int fd;

	CHECK(!define("p kpx_targets:kpxt_f1", twice, 4, &id), "define");
	CHECK(stats_of(id).targets == 2, "targets %u", stats_of(id).targets);
	fd = open_probe(id, 0);
	call_f(1, 5);
	call_f(2, 5);
	CHECK(event_count(fd) == 10, "count %llu",
	      (unsigned long long)event_count(fd));
	close(fd);
	/* one alone is as good as none */
	CHECK(!define("p kpx_targets:kpxt_f1", twice, 1, &id), "define");
	fd = open_probe(id, 0);
	call_f(1, 5);
	CHECK(event_count(fd) == 5, "count %llu",
	      (unsigned long long)event_count(fd));
	close(fd);
}

static double ms_since(uint64_t start)
{
	return (now_ns() - start) / 1e6;
}

/* Is the first one's symbol; see main(). */
static const char *first;

static void try_thousands(unsigned int nr)
{
	char text[600];
	unsigned int id;
	uint64_t start;
	int fd, ret, cpu;
	int fds[64];

	snprintf(text, sizeof(text), "p %s", first);
	start = now_ns();
	ret = define(text, others, nr, &id);
	CHECK(!ret, "define %u: %d %s", nr, ret, last.error);
	if (ret)
		return;
	printf("%u functions: define %.0f ms", nr, ms_since(start));
	start = now_ns();
	fd = open_probe(id, 0);
	printf(", attach %.0f ms", ms_since(start));
	CHECK(fd >= 0, "open %u: %d", nr, fd);
	CHECK(stats_of(id).targets == nr, "targets %u", stats_of(id).targets);
	/* of all tasks, to see that the machine lives on */
	for (cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
		struct perf_event_attr attr = attr_config(id);

		fds[cpu] = perf_open(&attr, -1, cpu);
		CHECK(fds[cpu] >= 0, "CPU %d: %d", cpu, fds[cpu]);
	}
	sleep_ms(300);
	CHECK(system("ls -l / > /dev/null") == 0, "ls");
	CHECK(event_count(fds[0]) + event_count(fds[1]) > 0, "no hit");
	while (cpu--)
		close(fds[cpu]);
	start = now_ns();
	close(fd);
	CHECK(wait_mechanisms(dev, id, 0), "still armed");
	printf(", detach %.0f ms (100 of them waiting)\n", ms_since(start));
	start = now_ns();
	CHECK(!remove_probe(dev, id), "remove");
}

int main(int argc, char **argv)
{
	unsigned int i;
	char name[8];

	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	for (i = 0; i < NR; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		functions[i] = target_address(name);
	}
	if (argc > 2) {
		first = argv[1];
		others = read_addresses(argv[2], &nr_others);
	}
	try_records("p kpx_targets:kpxt_f0 a=$arg1 b=$arg2:u64", 0);
	try_records("p kpx_targets:kpxt_f0 a=%di b=%si bp=%bp bx=%bx", 0);
	try_records("r kpx_targets:kpxt_f0 a=$arg1 $retval", 1);
	try_units();
	try_modes();
	try_overlap();
	try_bad();
	try_duplicates();
	if (nr_others >= 1000)
		try_thousands(1000);
	if (nr_others > 1000)
		try_thousands(nr_others);
	close(dev);
	return failures != 0;
}
