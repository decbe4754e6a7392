// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_many_returns FIRST FILE: returns and times of many functions by one
 * probe. FILE has addresses of functions of the kernel, a line each; FIRST is
 * the name of the first one.
 *
 * kernel_many_returns inside: leaves two calls inside of a probe that goes, and
 * prints who is to be killed.
 */
#include <signal.h>

#include "kernel_targets.h"

#define NR   10
#define MANY 1000

/* First arguments that nobody else calls a function with. */
#define BASE	  0x5eed00000000ULL
#define CONDITION "a >= 0x5eed00000000 && a < 0x5eed00010000"

static int dev;
static uint64_t functions[NR]; /* f0, f1, … */
static const char *first;
static uint64_t *others;
static unsigned int nr_others;

static unsigned int define(const char *text, const uint64_t *targets,
			   unsigned int nr)
{
	struct kpx_define def;
	int ret = define_targets(dev, text, targets, nr, &def);

	CHECK(!ret, "define '%s': %d %s", text, ret, def.error);
	return def.id;
}

static struct kpx_stats stats_of(unsigned int id)
{
	struct kpx_stats stats;

	CHECK(!probe_stats(dev, id, &stats), "stats");
	return stats;
}

static int open_event(unsigned int id, unsigned int unit, uint64_t period,
		      pid_t pid, int cpu)
{
	struct perf_event_attr attr = attr_config(config_of(id, 0, unit, 0));
	int fd;

	attr.sample_period = period;
	attr.sample_type = SAMPLE_TYPE;
	fd = perf_open(&attr, pid, cpu);
	CHECK(fd >= 0, "open unit %u: %d", unit, fd);
	return fd;
}

static void forget(unsigned int id, int fd)
{
	close(fd);
	CHECK(wait_mechanisms(dev, id, 0), "still armed");
	CHECK(wait_calls(dev, id, 0), "calls inside of nothing");
	CHECK(!remove_probe(dev, id), "remove");
}

static double ms_since(uint64_t start)
{
	return (now_ns() - start) / 1e6;
}

/* Each function so often, and its calls' arguments: its number and the turn's. */
static unsigned int turns(unsigned int n)
{
	return 1 + n % 4;
}

static unsigned int call_all(void)
{
	unsigned int i, sum = 0;

	for (i = 0; i < NR; i++) {
		call("f%u %u %llu %u", i, turns(i), BASE + 100 * i, i);
		sum += turns(i);
	}
	return sum;
}

static unsigned int which(uint64_t address)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		if (functions[i] == address)
			return i;
	CHECK(0, "__probe_ip %llx is no target", (unsigned long long)address);
	return 0;
}

/* A record of call_all()'s: an $arg1, and what else @check says. */
static void check_records(struct ring *ring, unsigned int nr,
			  void (*check)(const struct sample *sample,
					unsigned int function, uint64_t a))
{
	unsigned int hits[NR] = { 0 }, n = 0, i;
	struct sample sample;

	while (ring_next(ring, &sample)) {
		uint64_t a = raw_arg(&sample, 0);

		i = which(raw_u64(&sample, 8));
		CHECK(a == BASE + 100 * i + hits[i], "f%u: a %#llx", i,
		      (unsigned long long)a);
		check(&sample, i, a);
		hits[i]++;
		n++;
	}
	CHECK(n == nr, "%u records of %u", n, nr);
	for (i = 0; i < NR; i++)
		CHECK(hits[i] == turns(i), "f%u: %u records", i, hits[i]);
}

static void is_time(uint64_t ns)
{
	CHECK(ns > 0 && ns < 10000000000ULL, "%llu ns", (unsigned long long)ns);
}

/* "a=$arg1:u64 ret=$retval:u64 t=$duration:u64" */
static void check_return(const struct sample *sample, unsigned int function,
			 uint64_t a)
{
	CHECK(raw_arg(sample, 1) == a + function, "f%u: $retval %#llx",
	      function, (unsigned long long)raw_arg(sample, 1));
	is_time(raw_arg(sample, 2));
}

/* unit=1: a, and then the tail of weight, duration and retval. */
static uint64_t sum_ns;

static void check_time(const struct sample *sample, unsigned int function,
		       uint64_t a)
{
	CHECK(raw_arg(sample, 1) == raw_arg(sample, 2), "f%u: weight %llu",
	      function, (unsigned long long)raw_arg(sample, 1));
	is_time(raw_arg(sample, 2));
	CHECK(raw_arg(sample, 3) == a + function, "f%u: retval %#llx", function,
	      (unsigned long long)raw_arg(sample, 3));
	sum_ns += raw_arg(sample, 2);
}

/* FIRST, so many other functions of the kernel, and ours. */
static uint64_t *mixed(unsigned int nr_kernels, unsigned int *nr)
{
	uint64_t *targets = calloc(nr_kernels + NR, sizeof(*targets));

	memcpy(targets, others, nr_kernels * sizeof(*targets));
	memcpy(targets + nr_kernels, functions, sizeof(functions));
	*nr = nr_kernels + NR;
	return targets;
}

static double arm_ms(const char *text, const uint64_t *targets, unsigned int nr)
{
	unsigned int id = define(text, targets, nr);
	uint64_t start = now_ns();
	int fd = open_event(id, KPX_UNIT_HITS, 0, 0, -1);
	double ms = ms_since(start);

	forget(id, fd);
	return ms;
}

/* A probe of so many, of which all of the machine's tasks hit the kernel's. */
static void try_one(const char *text, const uint64_t *targets, unsigned int nr,
		    unsigned int unit, double entries_ms,
		    void (*check)(const struct sample *, unsigned int,
				  uint64_t))
{
	unsigned int id = define(text, targets, nr), n, cpu;
	int fd, hits, all[2];
	struct kpx_stats stats;
	struct ring ring;
	uint64_t start;
	double ms;

	start = now_ns();
	fd = open_event(id, unit, 1, 0, -1);
	ms = ms_since(start);
	printf("%u returns, unit %u: attach %.0f ms", nr, unit, ms);
	if (has_fprobes())
		CHECK(ms < 3000 + 5 * entries_ms, "%.0f ms, of entries %.0f ms",
		      ms, entries_ms);
	CHECK(stats_of(id).targets == nr, "targets %u", stats_of(id).targets);
	CHECK(stats_of(id).mechanisms & 1 << KPX_MODE_AUTO, "mechanisms %#x",
	      stats_of(id).mechanisms);
	CHECK(!ring_map(&ring, fd, 32), "ring");
	hits = open_event(id, unit, 0, 0, -1);
	for (cpu = 0; cpu < 2; cpu++)
		all[cpu] = open_event(id, unit, 0, -1, cpu);
	n = call_all();
	CHECK(system("ls -l / > /dev/null") == 0, "ls");
	sum_ns = 0;
	check_records(&ring, n, check);
	CHECK(event_count(fd) == event_count(hits), "counts %llu, %llu",
	      (unsigned long long)event_count(fd),
	      (unsigned long long)event_count(hits));
	if (unit == KPX_UNIT_HITS)
		CHECK(event_count(fd) == n, "count %llu",
		      (unsigned long long)event_count(fd));
	else
		CHECK(event_count(fd) == sum_ns, "count %llu of %llu ns",
		      (unsigned long long)event_count(fd),
		      (unsigned long long)sum_ns);
	CHECK(event_count(all[0]) + event_count(all[1]) == event_count(fd),
	      "of all tasks: %llu",
	      (unsigned long long)(event_count(all[0]) + event_count(all[1])));
	close(all[0]);
	close(all[1]);
	close(hits);
	ring_unmap(&ring);
	start = now_ns();
	close(fd);
	CHECK(wait_mechanisms(dev, id, 0), "still armed");
	stats = stats_of(id);
	printf(", detach %.0f ms (100 of them waiting); %llu returned, %llu missed\n",
	       ms_since(start), (unsigned long long)stats.entered,
	       (unsigned long long)stats.missed_return);
	CHECK(stats.offered == n, "offered %llu",
	      (unsigned long long)stats.offered);
	CHECK(stats.in_flight == 0, "in flight %llu",
	      (unsigned long long)stats.in_flight);
	CHECK(!remove_probe(dev, id), "remove");
}

static void try_values(unsigned int nr_kernels)
{
	unsigned int nr;
	uint64_t *targets = mixed(nr_kernels, &nr);
	char entry[700], ret[700];
	double ms;

	/* of none, the first is ours */
	snprintf(entry, sizeof(entry), "p %s a=$arg1:u64 if " CONDITION,
		 nr_kernels ? first : "kpx_targets:kpxt_f0");
	snprintf(
		ret, sizeof(ret),
		"r %s a=$arg1:u64 ret=$retval:u64 t=$duration:u64 if " CONDITION,
		nr_kernels ? first : "kpx_targets:kpxt_f0");
	ms = arm_ms(entry, targets, nr);
	printf("%u entries: attach %.0f ms\n", nr, ms);
	try_one(ret, targets, nr, KPX_UNIT_HITS, ms, check_return);
	try_one(entry, targets, nr, KPX_UNIT_NS, ms, check_time);
	free(targets);
}

/* More than 1024 need fprobes. */
static void try_bound(unsigned int nr, int is_bad)
{
	struct perf_event_attr attr;
	char text[600];
	unsigned int id;
	uint64_t start;
	int fd;

	snprintf(text, sizeof(text), "r %s $retval", first);
	id = define(text, others, nr);
	attr = attr_of(id);
	start = now_ns();
	fd = perf_open(&attr, 0, -1);
	if (is_bad) {
		CHECK(fd == -E2BIG, "open r of %u: %d", nr, fd);
		CHECK(error_log_says("MANY_RETURNS"), "error_log");
		CHECK(error_log_says("at most 1024 targets"), "error_log");
		CHECK(!remove_probe(dev, id), "remove");
		return;
	}
	CHECK(fd >= 0, "open r of %u: %d", nr, fd);
	printf("%u returns: attach %.0f ms", nr, ms_since(start));
	CHECK(stats_of(id).targets == nr, "targets %u", stats_of(id).targets);
	CHECK(system("ls -l / > /dev/null") == 0, "ls");
	CHECK(event_count(fd) > 0, "no return");
	start = now_ns();
	close(fd);
	CHECK(wait_mechanisms(dev, id, 0), "still armed");
	printf(", detach %.0f ms; %llu returned, %llu missed\n",
	       ms_since(start), (unsigned long long)stats_of(id).entered,
	       (unsigned long long)stats_of(id).missed_return);
	CHECK(stats_of(id).in_flight == 0, "in flight");
	CHECK(!remove_probe(dev, id), "remove");
}

/* Calls inside when the last event goes, and when it's there again. */
static void try_inside(const char *text, unsigned int unit)
{
	uint64_t targets[] = { target_address("sleep"), functions[0],
			       functions[1] };
	unsigned int id = define(text, targets, 3), i;
	int fd = open_event(id, unit, 0, -1, 0);
	int other = open_event(id, unit, 0, -1, 1);
	uint64_t count;
	pid_t pids[4];

	for (i = 0; i < 4; i++)
		pids[i] = start_sleeper(60000);
	CHECK(wait_calls(dev, id, 4), "%s: sleepers", text);
	call("f0 100 1");
	CHECK(wait_calls(dev, id, 4), "%s: sleepers, and calls", text);
	/* one returns, and is counted */
	kill(pids[0], SIGTERM);
	waitpid(pids[0], NULL, 0);
	CHECK(wait_calls(dev, id, 3), "%s: one is back", text);
	count = event_count(fd) + event_count(other);
	if (unit == KPX_UNIT_HITS)
		CHECK(count == 101, "%s: count %llu", text,
		      (unsigned long long)count);
	else
		CHECK(count > 0, "%s: no time", text);
	close(fd);
	close(other);
	CHECK(wait_mechanisms(dev, id, 0), "%s: still armed", text);
	CHECK(wait_calls(dev, id, 0), "%s: disarmed", text);
	/* the earlier ones aren't its */
	fd = open_event(id, unit, 0, -1, 0);
	other = open_event(id, unit, 0, -1, 1);
	for (i = 1; i < 4; i++) {
		kill(pids[i], SIGTERM);
		waitpid(pids[i], NULL, 0);
	}
	CHECK(wait_calls(dev, id, 0), "%s: armed again", text);
	CHECK(event_count(fd) + event_count(other) == 0, "%s: earlier calls",
	      text);
	call("f1 7 1");
	count = event_count(fd) + event_count(other);
	if (unit == KPX_UNIT_HITS)
		CHECK(count == 7, "%s, again: %llu", text,
		      (unsigned long long)count);
	else
		CHECK(count > 0, "%s, again: no time", text);
	close(other);
	forget(id, fd);
}

/*
 * r1: an instance for each function. One pool has them all, so a function may
 * take its neighbours'; of a kretprobe each has its own.
 */
static void try_missed(void)
{
	uint64_t targets[] = { target_address("sleep"), functions[0],
			       functions[1] };
	unsigned int id =
		define("r1 kpx_targets:kpxt_sleep $retval", targets, 3);
	unsigned int inside = has_fprobes() ? 3 : 1, i;
	int fds[2], missed[2], cpu;
	pid_t pids[5];

	for (cpu = 0; cpu < 2; cpu++) {
		fds[cpu] = open_event(id, KPX_UNIT_HITS, 0, -1, cpu);
		missed[cpu] = open_event(id, KPX_UNIT_MISSED, 0, -1, cpu);
	}
	for (i = 0; i < 5; i++) {
		pids[i] = start_sleeper(60000);
		CHECK(wait_calls(dev, id, i < inside ? i + 1 : inside),
		      "sleeper %u", i);
	}
	/* the last ones may not have gone to sleep yet */
	for (i = 0; i < 1500 && stats_of(id).missed_return < 5 - inside; i++)
		sleep_ms(10);
	CHECK(stats_of(id).missed_return == 5 - inside, "missed %llu",
	      (unsigned long long)stats_of(id).missed_return);
	CHECK(stats_of(id).missed_kprobe == 0, "missed_kprobe");
	call("f0 10 1");
	CHECK(stats_of(id).missed_return ==
		      5 - inside + (has_fprobes() ? 10 : 0),
	      "with f0 missed %llu",
	      (unsigned long long)stats_of(id).missed_return);
	for (i = 0; i < 5; i++) {
		kill(pids[i], SIGTERM);
		waitpid(pids[i], NULL, 0);
	}
	CHECK(wait_calls(dev, id, 0), "all are back");
	/* and so are the instances */
	call("f0 10 1");
	CHECK(event_count(fds[0]) + event_count(fds[1]) ==
		      inside + (has_fprobes() ? 10 : 20),
	      "%llu of %u returns",
	      (unsigned long long)(event_count(fds[0]) + event_count(fds[1])),
	      inside);
	CHECK(event_count(missed[0]) + event_count(missed[1]) ==
		      stats_of(id).missed_return,
	      "unit=3: %llu",
	      (unsigned long long)(event_count(missed[0]) +
				   event_count(missed[1])));
	for (cpu = 0; cpu < 2; cpu++)
		close(missed[cpu]);
	close(fds[1]);
	forget(id, fds[0]);
}

static void expect_count(int fd, uint64_t want, const char *what)
{
	CHECK(event_count(fd) == want, "%s: %llu, want %llu", what,
	      (unsigned long long)event_count(fd), (unsigned long long)want);
}

/* Returns of the same functions by others, and their entries. */
static void try_overlap(void)
{
	static const char *const texts[] = {
		"r kpx_targets:kpxt_f0 a=$arg1 $retval", /* f0 to f5 */
		"r kpx_targets:kpxt_f4 a=$arg1 $retval", /* f4 to f9 */
		"r kpx_targets:kpxt_f5 $retval",
		"p kpx_targets:kpxt_f5 %bx",
		"p kpx_targets:kpxt_f5",
	};
	static const unsigned int modes[] = { 0, 0, 0, 0, KPX_MODE_INT3 };
	static const uint64_t want[] = { 60, 60, 10, 10, 10 };
	unsigned int ids[5], i, turn;
	int fds[5];

	ids[0] = define(texts[0], functions, 6);
	ids[1] = define(texts[1], functions + 4, 6);
	for (i = 2; i < 5; i++)
		CHECK(!define_probe(dev, texts[i], 0, &ids[i]), "define");
	for (i = 0; i < 5; i++) {
		struct perf_event_attr attr =
			attr_config(config_of(ids[i], modes[i], 0, 0));

		fds[i] = perf_open(&attr, 0, -1);
		CHECK(fds[i] >= 0, "open %s: %d", texts[i], fds[i]);
	}
	for (turn = 1; turn <= 3; turn++) {
		for (i = 0; i < NR; i++)
			call("f%u 10 1 2", i);
		for (i = 0; i < 5; i++)
			expect_count(fds[i], turn * want[i], texts[i]);
	}
	/* without one, the others go on */
	close(fds[0]);
	CHECK(wait_mechanisms(dev, ids[0], 0), "still armed");
	for (i = 0; i < NR; i++)
		call("f%u 10 1 2", i);
	for (i = 1; i < 5; i++)
		expect_count(fds[i], 4 * want[i], texts[i]);
	for (i = 1; i < 5; i++)
		forget(ids[i], fds[i]);
	CHECK(!remove_probe(dev, ids[0]), "remove");
}

/* A function that calls itself: the innermost returns first. */
static void try_recursion(void)
{
	uint64_t targets[] = { target_address("recurse"), functions[0] };
	unsigned int id = define("r kpx_targets:kpxt_recurse $retval a=$arg1",
				 targets, 2);
	int fd = open_event(id, KPX_UNIT_HITS, 1, 0, -1);
	struct sample sample;
	unsigned int n = 0;
	struct ring ring;

	CHECK(!ring_map(&ring, fd, 32), "ring");
	call("recurse 1 100");
	while (ring_next(&ring, &sample)) {
		n++;
		CHECK(raw_arg(&sample, 0) == n && raw_arg(&sample, 1) == n,
		      "return %u: %llu %llu", n,
		      (unsigned long long)raw_arg(&sample, 0),
		      (unsigned long long)raw_arg(&sample, 1));
	}
	CHECK(n == 100, "%u returns", n);
	CHECK(stats_of(id).missed_return == 0, "missed");
	ring_unmap(&ring);
	forget(id, fd);
}

/* In interrupts, too; and what the record says of the context. */
static void try_contexts(void)
{
	static const struct {
		const char *context;
		unsigned int flags;
	} contexts[] = {
		{ "", 0 },
		{ "irq ", 1 | 8 },
		{ "softirq ", 0x10 },
	};
	unsigned int id = define("r kpx_targets:kpxt_f0 $retval", functions, 2);
	unsigned int i, cpu, n;
	struct sample sample;
	struct ring rings[2];
	int fds[2];

	for (cpu = 0; cpu < 2; cpu++) {
		fds[cpu] = open_event(id, KPX_UNIT_HITS, 1, -1, cpu);
		CHECK(!ring_map(&rings[cpu], fds[cpu], 32), "ring");
	}
	for (i = 0; i < 3; i++) {
		call("%sf1 50 7", contexts[i].context);
		n = 0;
		for (cpu = 0; cpu < 2; cpu++)
			while (ring_next(&rings[cpu], &sample)) {
				unsigned char flags = sample.raw[2];

				CHECK((flags & (1 | 8 | 0x10)) ==
					      contexts[i].flags,
				      "%s: flags %#x", contexts[i].context,
				      flags);
				n++;
			}
		CHECK(n == 50, "%s: %u returns", contexts[i].context, n);
	}
	for (cpu = 0; cpu < 2; cpu++)
		ring_unmap(&rings[cpu]);
	close(fds[1]);
	forget(id, fds[0]);
}

/* kernel.ftrace_enabled=0 is refused while fprobes need it, and refuses them. */
static void try_deaf(void)
{
	const char *path = "/proc/sys/kernel/ftrace_enabled";
	unsigned int id = define("r kpx_targets:kpxt_f0 $retval", functions, 2);
	struct perf_event_attr attr = attr_of(id);
	int fd = open_event(id, KPX_UNIT_HITS, 0, 0, -1);

	call("f1 5 1");
	expect_count(fd, 5, "ftrace on");
	if (has_fprobes()) {
		CHECK(write_file(path, "0\n") == -EBUSY, "%s=0", path);
		call("f1 5 1");
		expect_count(fd, 10, "ftrace still on");
	}
	close(fd);
	CHECK(wait_mechanisms(dev, id, 0), "still armed");
	CHECK(!write_file(path, "0\n"), "%s=0", path);
	fd = perf_open(&attr, 0, -1);
	CHECK(fd == -EIO, "open: %d", fd);
	CHECK(error_log_says("DEAF"), "error_log");
	CHECK(!write_file(path, "1\n"), "%s=1", path);
	fd = open_event(id, KPX_UNIT_HITS, 0, 0, -1);
	call("f1 5 1");
	expect_count(fd, 5, "ftrace on again");
	forget(id, fd);
}

/* They outlive us, without a descriptor of the module's. */
static int leave_inside(void)
{
	uint64_t targets[] = { target_address("sleep"), functions[0] };
	unsigned int id =
		define("r kpx_targets:kpxt_sleep $retval a=$arg1", targets, 2);
	pid_t pids[2];

	open_event(id, KPX_UNIT_HITS, 0, -1, 0);
	pids[0] = start_sleeper(600000);
	pids[1] = start_sleeper(600000);
	CHECK(wait_calls(dev, id, 2), "sleepers");
	printf("%d %d\n", pids[0], pids[1]);
	return failures != 0;
}

int main(int argc, char **argv)
{
	unsigned int i;
	char name[8];

	if (argc < 2)
		return 2;
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	for (i = 0; i < NR; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		functions[i] = target_address(name);
	}
	if (argc == 2)
		return leave_inside();
	first = argv[1];
	others = read_addresses(argv[2], &nr_others);
	CHECK(nr_others > 1024, "%u functions", nr_others);
	try_values(0);
	/* a kretprobe each takes its time */
	try_values(has_fprobes() ? MANY : 20);
	try_bound(1025, !has_fprobes());
	try_inside("r kpx_targets:kpxt_sleep $retval", KPX_UNIT_HITS);
	try_inside("p kpx_targets:kpxt_sleep $arg1", KPX_UNIT_NS);
	try_missed();
	try_overlap();
	try_recursion();
	try_contexts();
	try_deaf();
	if (getenv("KPX_ALL"))
		try_bound(nr_others, 0);
	close(dev);
	return failures != 0;
}
