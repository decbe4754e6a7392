// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's switches: what won't be called isn't opened, and what isn't
 * called any more is told.
 */
#include "kernel_targets.h"

#define FTRACE	"/proc/sys/kernel/ftrace_enabled"
#define KPROBES "/sys/kernel/debug/kprobes/enabled"

static int dev;

static const struct way {
	const char *text, *function;
	unsigned int mode, unit;
	/* -errno of writing 0 while it's open */
	int keeps_ftrace;
	/* is it deaf then? */
	int needs_ftrace, needs_kprobes;
} ways[] = {
	{ "p kpx_targets:kpxt_f0", "f0", KPX_MODE_AUTO, 0, -EBUSY, 1, 0 },
	{ "p kpx_targets:kpxt_f0 %bx", "f0", KPX_MODE_FTRACE, 0, -EBUSY, 1, 0 },
	{ "p kpx_targets:kpxt_f0", "f0", KPX_MODE_INT3, 0, 0, 0, 1 },
	{ "p kpx_targets:kpxt_entry_2", "entry_2", KPX_MODE_JUMP, 0, 0, 0, 1 },
	{ "p kpx_targets:kpxt_win_2", "win_2", KPX_MODE_AUTO, 0, 0, 0, 1 },
	{ "p kpx_targets:kpxt_win_jmp", "win_jmp", KPX_MODE_AUTO, 0, 0, 0, 1 },
	{ "p kpx_targets:kpxt_win_jmp", "win_jmp", KPX_MODE_INT3, 0, 0, 0, 1 },
	{ "p kpx_targets:kpxt_win_call", "win_call", KPX_MODE_AUTO, 0, 0, 0,
	  1 },
	{ "r kpx_targets:kpxt_f0", "f0", KPX_MODE_AUTO, 0, 0, 1, 1 },
	{ "r kpx_targets:kpxt_win_jmp", "win_jmp", KPX_MODE_AUTO, 0, 0, 0, 1 },
	{ "r kpx_targets:kpxt_win_call", "win_call", KPX_MODE_AUTO, 0, 0, 0,
	  1 },
	{ "p kpx_targets:kpxt_f0", "f0", KPX_MODE_AUTO, KPX_UNIT_NS, 0, 1, 1 },
};

static struct kpx_stats stats_of(unsigned int id)
{
	struct kpx_stats stats;

	CHECK(!probe_stats(dev, id, &stats), "stats");
	return stats;
}

static int open_way(const struct way *way, unsigned int id)
{
	struct perf_event_attr attr =
		attr_config(config_of(id, way->mode, way->unit, 0));

	return perf_open(&attr, 0, -1);
}

static int is_hit(const struct way *way, int fd)
{
	uint64_t before = event_count(fd);

	call("%s 10", way->function);
	return event_count(fd) > before;
}

/* With the switch off: refused in words; deaf if it's open already. */
static void try_switch(const struct way *way, unsigned int id, const char *path,
		       int keeps, int needs)
{
	int fd, ret;

	CHECK(!write_file(path, "0\n"), "%s: 0", path);
	fd = open_way(way, id);
	if (needs) {
		CHECK(fd == -EIO || fd == -EBUSY, "%s mode %u, %s=0: open: %d",
		      way->text, way->mode, path, fd);
		CHECK(error_log_says("DEAF"), "%s mode %u: error_log",
		      way->text, way->mode);
	} else {
		CHECK(fd >= 0, "%s mode %u, %s=0: open: %d", way->text,
		      way->mode, path, fd);
		CHECK(fd < 0 || is_hit(way, fd), "%s mode %u, %s=0: no hit",
		      way->text, way->mode, path);
	}
	if (fd >= 0)
		close(fd);
	CHECK(!write_file(path, "1\n"), "%s: 1", path);

	fd = open_way(way, id);
	CHECK(fd >= 0, "%s mode %u, %s=1: open: %d", way->text, way->mode, path,
	      fd);
	if (fd < 0)
		return;
	CHECK(is_hit(way, fd), "%s mode %u: no hit", way->text, way->mode);
	ret = write_file(path, "0\n");
	CHECK(ret == keeps, "%s mode %u: %s=0 while it's open: %d", way->text,
	      way->mode, path, ret);
	if (!ret && needs) {
		CHECK(stats_of(id).flags & KPX_STATS_DEAF,
		      "%s mode %u, %s=0: not deaf, mechanisms %#x", way->text,
		      way->mode, path, stats_of(id).mechanisms);
		CHECK(!is_hit(way, fd), "%s mode %u, %s=0: a hit", way->text,
		      way->mode, path);
	} else {
		CHECK(!(stats_of(id).flags & KPX_STATS_DEAF),
		      "%s mode %u, %s=0: deaf", way->text, way->mode, path);
		CHECK(is_hit(way, fd), "%s mode %u, %s=0: no hit", way->text,
		      way->mode, path);
	}
	if (!ret) {
		/* a second one isn't let in either */
		int other = open_way(way, id);

		if (needs)
			CHECK(other == -EIO || other == -EBUSY,
			      "%s mode %u, %s=0: a second: %d", way->text,
			      way->mode, path, other);
		if (other >= 0)
			close(other);
		CHECK(!write_file(path, "1\n"), "%s: 1", path);
		CHECK(!(stats_of(id).flags & KPX_STATS_DEAF), "still deaf");
		CHECK(is_hit(way, fd), "%s mode %u, %s=1 again: no hit",
		      way->text, way->mode, path);
	}
	close(fd);
}

int main(void)
{
	unsigned int i, id = 0;

	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct way *way = &ways[i];

		CHECK(!define_probe(dev, way->text, 0, &id), "define %s",
		      way->text);
		try_switch(way, id, FTRACE, way->keeps_ftrace,
			   way->needs_ftrace);
		CHECK(wait_mechanisms(dev, id, 0), "%s: still armed",
		      way->text);
		try_switch(way, id, KPROBES, 0, way->needs_kprobes);
		CHECK(wait_mechanisms(dev, id, 0), "%s: still armed",
		      way->text);
		CHECK(!remove_probe(dev, id), "remove");
	}
	close(dev);
	return failures != 0;
}
