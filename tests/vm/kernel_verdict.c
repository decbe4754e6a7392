// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_verdict: a hit that somebody should have seen and didn't is in the
 * book, whoever else saw it; so are misses, and a name that is only an alias
 * isn't read back as a probe.
 */
#include <pthread.h>

#include "kernel.h"
#include "ring.h"

#define WRITES	500
#define READERS 8
#define ENABLE	"/sys/kernel/tracing/events/kprobex/test_face/enable"

static int dev, null;

static unsigned int trace_id(const char *event)
{
	unsigned int id = 0;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s/id", event);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%u", &id) != 1)
		CHECK(0, "%s", path);
	if (file)
		fclose(file);
	return id;
}

static unsigned int defined(const char *text, unsigned int flags)
{
	unsigned int id = 0;
	int ret = define_probe(dev, text, flags, &id);

	CHECK(!ret, "%s: %s", text, strerror(-ret));
	return id;
}

static struct kpx_stats stats_of(unsigned int id)
{
	struct kpx_stats stats;

	CHECK(!probe_stats(dev, id, &stats), "statistics");
	return stats;
}

/* Opened on this thread, with a ring if it samples. */
static int opened(struct perf_event_attr attr, struct ring *ring)
{
	int fd;

	if (ring) {
		attr.sample_period = 1;
		attr.sample_type = PERF_SAMPLE_RAW;
	}
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "open: %s", strerror(-fd));
	if (ring)
		CHECK(!ring_map(ring, fd, 5, 1), "no ring");
	return fd;
}

static struct perf_event_attr tracepoint(unsigned int id)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };

	attr.type = PERF_TYPE_TRACEPOINT;
	attr.config = id;
	return attr;
}

static void hit_once_each(void)
{
	int i;

	for (i = 0; i < WRITES; i++)
		if (write(null, "x", 1) != 1)
			CHECK(0, "write: %s", strerror(errno));
}

/*
 * Inside of the handling of another hit there's no sample to be had of the
 * @inner event. @attr: that one.
 */
static void try_inner(const char *what, unsigned int id,
		      struct perf_event_attr inner,
		      struct perf_event_attr outer, int is_counted)
{
	struct ring inner_ring = {}, outer_ring = {};
	int sampling = opened(inner, &inner_ring), counting = -1;
	int around = opened(outer, &outer_ring);
	struct kpx_stats before, after;

	if (is_counted)
		counting = opened(attr_of(id), NULL);
	before = stats_of(id);
	hit_once_each();
	after = stats_of(id);
	CHECK(!event_count(sampling), "%s: sampled %llu", what,
	      (unsigned long long)event_count(sampling));
	CHECK(after.recursion - before.recursion >= WRITES,
	      "%s: %llu of %llu are booked as dropped", what,
	      (unsigned long long)(after.recursion - before.recursion),
	      (unsigned long long)(after.entered - before.entered));
	if (is_counted) {
		CHECK(event_count(counting) >= WRITES, "%s: counted %llu", what,
		      (unsigned long long)event_count(counting));
		close(counting);
	}
	ring_unmap(&inner_ring);
	ring_unmap(&outer_ring);
	close(sampling);
	close(around);
}

static void try_recursion(void)
{
	unsigned int id = defined("p:test_inner perf_output_begin_forward", 0);
	struct perf_event_attr write = attr_of(probe_id("vfs_write"));
	struct perf_event_attr stock =
		tracepoint(trace_id("raw_syscalls/sys_enter"));
	struct perf_event_attr face =
		tracepoint(trace_id("kprobex/test_inner"));

	try_inner("alone", id, attr_of(id), write, 0);
	try_inner("beside a counting event", id, attr_of(id), write, 1);
	try_inner("in perf's own", id, attr_of(id), stock, 0);
	try_inner("the trace event, in perf's own", id, face, stock, 0);
	try_inner("the trace event beside a counting one", id, face, stock, 1);
	CHECK(!remove_probe(dev, id), "remove");
}

static void *read_one(void *arg)
{
	char c;

	if (read(*(int *)arg, &c, 1) != 1)
		CHECK(0, "read: %s", strerror(errno));
	return NULL;
}

/* More calls inside than there are instances: of the hook that -ns wants. */
static void try_missed(void)
{
	unsigned int id = defined("p:test_missed pipe_read", 0), cpu, cpus, i;
	struct perf_event_attr ns = attr_of(id), missed = attr_of(id);
	unsigned long long seen = 0;
	pthread_t threads[READERS];
	int fds[2], events[64], p[2];
	struct kpx_stats stats;

	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	ns.config |= (uint64_t)KPX_UNIT_NS << 36;
	missed.config |= (uint64_t)KPX_UNIT_MISSED << 36;
	fds[0] = perf_open(&ns, -1, 0);
	fds[1] = perf_open(&ns, -1, 1);
	CHECK(fds[0] >= 0, "open: %s", strerror(-fds[0]));
	for (cpu = 0; cpu < cpus && cpu < 64; cpu++) {
		events[cpu] = perf_open(&missed, -1, cpu);
		CHECK(events[cpu] >= 0, "open: %s", strerror(-events[cpu]));
	}
	CHECK(!pipe(p), "pipe");
	for (i = 0; i < READERS; i++)
		pthread_create(&threads[i], NULL, read_one, &p[0]);
	/* the last ones may not read yet */
	for (i = 0; i < 1500 && stats_of(id).missed_return < READERS - 2; i++)
		usleep(10000);
	CHECK(write(p[1], "12345678", READERS) == READERS, "write");
	for (i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	stats = stats_of(id);
	for (i = 0; i < cpu; i++) {
		seen += event_count(events[i]);
		close(events[i]);
	}
	CHECK(stats.missed_return >= READERS - 2, "missed %llu",
	      (unsigned long long)stats.missed_return);
	CHECK(seen == stats.missed_return + stats.missed_kprobe,
	      "the event missed %llu of %llu", seen,
	      (unsigned long long)(stats.missed_return + stats.missed_kprobe));
	close(fds[0]);
	close(fds[1]);
	CHECK(!remove_probe(dev, id), "remove");
}

static int is_stopped;

static void *enable_all(void *arg)
{
	int fd = open("/sys/kernel/tracing/events/kprobex/enable", O_WRONLY);

	(void)arg;
	while (!__atomic_load_n(&is_stopped, __ATOMIC_RELAXED))
		if (pwrite(fd, "1", 1, 0) < 0)
			usleep(300);
	close(fd);
	return NULL;
}

static int is_enabled(void)
{
	int fd = open(ENABLE, O_RDONLY);
	char c = 0;

	if (fd < 0 || read(fd, &c, 1) != 1)
		c = 0;
	close(fd);
	return c == '1';
}

/* Whoever enables a trace event in the moment that it is made has it enabled. */
static void try_early_face(void)
{
	unsigned int id, i, j, enabled = 0;
	struct kpx_stats before, after;
	pthread_t thread;

	pthread_create(&thread, NULL, enable_all, NULL);
	for (i = 0; i < 20; i++) {
		id = defined("p:test_face __x64_sys_getppid", 0);
		for (j = 0; j < 200 && !is_enabled(); j++)
			usleep(1000);
		if (is_enabled()) {
			enabled++;
			before = stats_of(id);
			syscall(SYS_getppid);
			after = stats_of(id);
			CHECK(after.offered > before.offered && after.events,
			      "enabled, and nobody listens");
		}
		do {
			FILE *file = fopen(ENABLE, "w");

			if (file) {
				fputs("0", file);
				fclose(file);
			}
		} while (remove_probe(dev, id) == -EBUSY);
	}
	__atomic_store_n(&is_stopped, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	CHECK(enabled, "never enabled");
	printf("%u of 20 were enabled as they were made\n", enabled);
}

static uint64_t address_of(const char *wanted)
{
	unsigned long long address = 0, one;
	char line[512], name[256];
	FILE *file = fopen("/proc/kallsyms", "r");

	while (file && !address && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %*c %255s", &one, name) == 2 &&
		    !strcmp(name, wanted))
			address = one;
	if (file)
		fclose(file);
	CHECK(address, "no %s", wanted);
	return address;
}

static int is_listed(const char *line)
{
	char text[16384];
	int fd = open(KPX_DEVICE, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return !!strstr(text, line);
}

/* What is read is written back, and would make something else of these. */
static void try_list(void)
{
	static const char text[] = "p:test_many vfs_fsync";
	uint64_t targets[2];
	struct kpx_define def = {
		.size = sizeof(def),
		.flags = KPX_DEFINE_PERSISTENT,
		.text = (uintptr_t)text,
		.text_len = strlen(text),
		.targets = (uintptr_t)targets,
		.nr_targets = 2,
	};
	unsigned int id = defined("p:test_alias vfs_fsync",
				  KPX_DEFINE_PERSISTENT | KPX_DEFINE_ALIAS);

	CHECK(is_listed("\n# alias: p:test_alias vfs_fsync\n"), "the alias");
	CHECK(!remove_probe(dev, id), "remove");
	targets[0] = address_of("vfs_fsync");
	targets[1] = address_of("vfs_fallocate");
	CHECK(!ioctl(dev, KPX_IOC_DEFINE, &def), "%s", def.error);
	CHECK(is_listed("\n# of 2 functions: p:test_many vfs_fsync\n"), "many");
	CHECK(!remove_probe(dev, def.id), "remove");
}

int main(void)
{
	dev = device_open();
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	try_recursion();
	try_missed();
	try_early_face();
	try_list();
	close(dev);
	return !!failures;
}
