// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_inflight MODULE: the probed module goes and comes while events are
 * open: of named and nameless probes, single and of many targets, of any
 * mechanism. Nobody else's probes suffer.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "kernel_targets.h"

static const char *module;
static int dev;

static void load(void)
{
	int fd = open(module, O_RDONLY | O_CLOEXEC);

	CHECK(!syscall(SYS_finit_module, fd, "", 0), "insmod: %s",
	      strerror(errno));
	close(fd);
}

static void unload(void)
{
	CHECK(!syscall(SYS_delete_module, "kpx_targets", O_NONBLOCK),
	      "rmmod: %s", strerror(errno));
}

/* call() would keep its file open, and the module. */
static void call_f0(unsigned int turns)
{
	char line[32];

	snprintf(line, sizeof(line), "f0 %u 1 2", turns);
	CHECK(!write_file(TARGETS_CALL, line), "call");
}

static int open_probe(unsigned int id, unsigned int mode, unsigned int unit)
{
	struct perf_event_attr attr = attr_config(config_of(id, mode, unit, 0));
	int fd = perf_open(&attr, 0, -1);

	CHECK(fd >= 0, "open mode %u unit %u: %d", mode, unit, fd);
	return fd;
}

static struct kpx_stats stats_of(unsigned int id)
{
	struct kpx_stats stats;

	CHECK(!probe_stats(dev, id, &stats), "stats");
	return stats;
}

/* What has nothing to do with the module works, new or old. */
static void expect_others(const char *when)
{
	unsigned int id = 0;
	int fd, null = open("/dev/null", O_WRONLY);

	CHECK(!define_probe(dev, "p vfs_write count=$arg3:u64", 0, &id),
	      "%s: define", when);
	fd = open_probe(id, KPX_MODE_FTRACE, 0);
	CHECK(write(null, "x", 1) == 1, "write");
	CHECK(event_count(fd) == 1, "%s: another probe counts %llu", when,
	      (unsigned long long)event_count(fd));
	close(fd);
	close(null);
	CHECK(wait_mechanisms(dev, id, 0), "%s: still armed", when);
	CHECK(!remove_probe(dev, id), "%s: remove", when);
}

/* Open events count again when the module is back. */
static void try_reload(const char *text, unsigned int mode, unsigned int unit)
{
	unsigned int id = 0, i;
	int fd, other;
	uint64_t count;

	CHECK(!define_probe(dev, text, 0, &id), "define %s", text);
	fd = open_probe(id, mode, unit);
	call_f0(10);
	count = event_count(fd);
	CHECK(count >= 10, "%s: counts %llu", text, (unsigned long long)count);
	for (i = 0; i < 3; i++) {
		unload();
		CHECK(stats_of(id).flags & KPX_STATS_GONE,
		      "%s mode %u: isn't gone", text, mode);
		CHECK(!stats_of(id).mechanisms, "%s: mechanisms %#x", text,
		      stats_of(id).mechanisms);
		other = perf_open(
			&(struct perf_event_attr){
				.size = sizeof(struct perf_event_attr),
				.type = pmu_type(),
				.config = id },
			0, -1);
		CHECK(other < 0, "%s: opens without its module", text);
		expect_others(text);
		load();
		CHECK(!(stats_of(id).flags & KPX_STATS_GONE), "%s: still gone",
		      text);
		if (mode == KPX_MODE_JUMP)
			CHECK(wait_mechanisms(dev, id, 1 << KPX_MODE_JUMP),
			      "no jump again");
		count = event_count(fd);
		call_f0(10);
		CHECK(event_count(fd) - count >= 10,
		      "%s mode %u, reloaded: %llu", text, mode,
		      (unsigned long long)(event_count(fd) - count));
		if (unit == KPX_UNIT_HITS)
			CHECK(event_count(fd) - count == 10, "%s: %llu", text,
			      (unsigned long long)(event_count(fd) - count));
	}
	close(fd);
	CHECK(wait_mechanisms(dev, id, 0), "%s: still armed", text);
	CHECK(!remove_probe(dev, id), "%s: remove", text);
}

/* Its owner is gone, and its events are open: nobody finds it by name or id. */
static void try_nameless(const char *text, unsigned int mode)
{
	int mine = device_open(), fd;
	unsigned int id = 0;

	CHECK(!define_probe(mine, text, 0, &id), "define %s", text);
	fd = open_probe(id, mode, 0);
	close(mine);
	call_f0(10);
	CHECK(event_count(fd) == 10, "nameless: %llu",
	      (unsigned long long)event_count(fd));
	unload();
	expect_others("a nameless probe's module is gone");
	load();
	expect_others("a nameless probe's module is back");
	call_f0(10);
	CHECK(event_count(fd) == 20, "nameless, reloaded: %llu",
	      (unsigned long long)event_count(fd));
	close(fd);
	sleep_ms(300);
	expect_others("a nameless probe is gone");
	call_f0(10);
}

/* The same by config1. */
static void try_config1(const char *text, unsigned int mode)
{
	struct perf_event_attr attr = attr_config(config_of(0, mode, 0, 0));
	int fd;

	attr.config1 = (uintptr_t)text;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "config1: %d", fd);
	call_f0(10);
	unload();
	expect_others("config1's module is gone");
	load();
	call_f0(10);
	CHECK(event_count(fd) == 20, "config1, reloaded: %llu",
	      (unsigned long long)event_count(fd));
	close(fd);
}

/* Closed while the module is away; and then defined again. */
static void try_close(const char *text, unsigned int mode, unsigned int unit)
{
	unsigned int id = 0;
	int fd;

	CHECK(!define_probe(dev, text, 0, &id), "define %s", text);
	fd = open_probe(id, mode, unit);
	unload();
	close(fd);
	sleep_ms(300);
	expect_others("closed without the module");
	load();
	fd = open_probe(id, mode, unit);
	call_f0(10);
	CHECK(event_count(fd) >= 10, "%s mode %u, opened again: %llu", text,
	      mode, (unsigned long long)event_count(fd));
	unload();
	CHECK(remove_probe(dev, id) == -EBUSY, "removed while it's open");
	close(fd);
	sleep_ms(300);
	CHECK(!remove_probe(dev, id), "remove");
	load();
}

static unsigned int define_many(const char *text, const uint64_t *targets,
				unsigned int nr)
{
	struct kpx_define def;

	CHECK(!define_targets(dev, text, targets, nr, &def), "define %s: %s",
	      text, def.error);
	return def.id;
}

static uint64_t kernel_address(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long address, found = 0;
	char line[1024], symbol[512];

	while (file && !found && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %*c %511s", &address, symbol) == 2 &&
		    !strcmp(symbol, name))
			found = address;
	if (file)
		fclose(file);
	CHECK(found, "no %s", name);
	return found;
}

/* Of many targets those in the module go for good; the rest goes on. */
static void try_many(const char *text, unsigned int unit, uint64_t kernels)
{
	uint64_t targets[4] = { kernels, target_address("f0"),
				target_address("f1"), target_address("f2") };
	unsigned int id = define_many(text, targets, 4);
	int fd = open_probe(id, 0, unit), other, i;
	int null = open("/dev/null", O_WRONLY);
	uint64_t count, offered;

	call_f0(10);
	CHECK(event_count(fd) >= 10, "many: %llu",
	      (unsigned long long)event_count(fd));
	unload();
	CHECK(stats_of(id).targets == 1, "targets %u", stats_of(id).targets);
	count = event_count(fd);
	for (i = 0; i < 10; i++)
		if (write(null, "x", 1) != 1)
			CHECK(0, "write");
	CHECK(unit ? event_count(fd) - count >= 10 :
		     event_count(fd) - count == 10,
	      "%s, the rest: %llu", text,
	      (unsigned long long)(event_count(fd) - count));
	expect_others("some of many are gone");
	load();
	/* one more opens as the first did, though there is one target left */
	other = open_probe(id, 0, unit);
	offered = stats_of(id).offered;
	for (i = 0; i < 10; i++)
		if (write(null, "x", 1) != 1)
			CHECK(0, "write");
	CHECK(unit ? event_count(other) >= 10 : event_count(other) == 10,
	      "%s, another: %llu", text,
	      (unsigned long long)event_count(other));
	/* and not beside it, with a hit for each */
	CHECK(stats_of(id).offered - offered == 10, "%s: offered %llu times",
	      text, (unsigned long long)(stats_of(id).offered - offered));
	close(other);
	call_f0(10);
	close(fd);
	close(null);
	expect_others("some of many are back");
	CHECK(wait_mechanisms(dev, id, 0), "still armed");
	CHECK(wait_calls(dev, id, 0), "%s: calls inside", text);
	CHECK(!remove_probe(dev, id), "remove");
}

/* All of them: it can't be opened any more, and says so. */
static void try_many_gone(int opened)
{
	uint64_t targets[3] = { target_address("f0"), target_address("f1"),
				target_address("f2") };
	unsigned int id = define_many("p kpx_targets:kpxt_f0", targets, 3);
	struct perf_event_attr attr = attr_config(id);
	int fd = -1, other;

	if (opened)
		fd = open_probe(id, 0, 0);
	unload();
	CHECK(stats_of(id).targets == 0 || stats_of(id).flags & KPX_STATS_GONE,
	      "not gone: %u", stats_of(id).targets);
	expect_others("all of many are gone");
	load();
	/* not a part of them under the same name */
	other = perf_open(&attr, 0, -1);
	CHECK(other < 0 || stats_of(id).targets == 3,
	      "of 3 targets it opens with %u", stats_of(id).targets);
	if (other >= 0)
		close(other);
	if (fd >= 0)
		close(fd);
	expect_others("all of many are gone, and closed");
	sleep_ms(300);
	CHECK(!remove_probe(dev, id), "remove");
}

#define ENABLE "/sys/kernel/tracing/events/kprobex/kpx_race/enable"

static int is_enabling;

/* It may fail: the module isn't there. */
static void *enable_on_and_on(void *arg)
{
	(void)arg;
	while (__atomic_load_n(&is_enabling, __ATOMIC_RELAXED)) {
		write_file(ENABLE, "1");
		write_file(ENABLE, "0");
	}
	return NULL;
}

/*
 * The trace event is enabled while the module with all of many targets goes:
 * nothing is armed there behind our back.
 */
static void try_enable_race(const char *text)
{
	uint64_t targets[3];
	unsigned int i, id;
	pthread_t thread;
	int fd;

	for (i = 0; i < 10; i++) {
		targets[0] = target_address("f0");
		targets[1] = target_address("f1");
		targets[2] = target_address("f2");
		id = define_many(text, targets, 3);
		fd = open_probe(id, 0, 0);
		is_enabling = 1;
		pthread_create(&thread, NULL, enable_on_and_on, NULL);
		sleep_ms(20);
		unload();
		__atomic_store_n(&is_enabling, 0, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
		CHECK(!stats_of(id).targets && !stats_of(id).mechanisms &&
			      stats_of(id).flags == KPX_STATS_GONE,
		      "%s: %u targets, mechanisms %#x, flags %#x", text,
		      stats_of(id).targets, stats_of(id).mechanisms,
		      stats_of(id).flags);
		CHECK(write_file(ENABLE, "1") == -ENOENT, "enabled");
		load();
		close(fd);
		CHECK(wait_mechanisms(dev, id, 0), "still armed");
		CHECK(!remove_probe(dev, id), "remove");
	}
}

int main(int argc, char **argv)
{
	uint64_t vfs_write_address = kernel_address("vfs_write");

	if (argc != 2)
		return 2;
	module = argv[1];
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	try_reload("p kpx_targets:kpxt_f0 a=$arg1", KPX_MODE_AUTO, 0);
	try_reload("p kpx_targets:kpxt_f0 a=%bx", KPX_MODE_FTRACE, 0);
	try_reload("p kpx_targets:kpxt_f0 a=%bx", KPX_MODE_INT3, 0);
	try_reload("r kpx_targets:kpxt_f0 $retval", KPX_MODE_AUTO, 0);
	try_reload("p kpx_targets:kpxt_f0 $arg1", KPX_MODE_AUTO, KPX_UNIT_NS);
	try_close("p kpx_targets:kpxt_f0 a=$arg1", KPX_MODE_AUTO, 0);
	try_close("p kpx_targets:kpxt_f0 a=$arg1", KPX_MODE_INT3, 0);
	try_close("r kpx_targets:kpxt_f0 $retval", KPX_MODE_AUTO, 0);
	try_config1("p kpx_targets:kpxt_f0 a=$arg1", KPX_MODE_AUTO);
	try_config1("p kpx_targets:kpxt_f0 a=$arg1", KPX_MODE_INT3);
	try_many("p vfs_write", 0, vfs_write_address);
	try_many("r vfs_write $retval", 0, vfs_write_address);
	try_many("p vfs_write a=$arg1", KPX_UNIT_NS, vfs_write_address);
	try_many_gone(0);
	try_many_gone(1);
	try_enable_race("p:kpx_race kpx_targets:kpxt_f0");
	try_enable_race("r:kpx_race kpx_targets:kpxt_f0");
	try_nameless("p kpx_targets:kpxt_f0 a=$arg1", KPX_MODE_AUTO);
	try_nameless("p kpx_targets:kpxt_f0 a=$arg1", KPX_MODE_INT3);
	try_nameless("r kpx_targets:kpxt_f0 $retval", KPX_MODE_AUTO);
	close(dev);
	return failures != 0;
}
