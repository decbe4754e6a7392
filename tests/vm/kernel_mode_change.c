// SPDX-License-Identifier: GPL-2.0-only
/*
 * What others do to a mechanism that is in force: the sysctl takes the jump, an
 * int3 takes it, both give it back; hits are counted meanwhile, and those that
 * came by int3 are told.
 */
#include "kernel_targets.h"

#define SYSCTL "/proc/sys/debug/kprobes-optimization"
#define TURNS  500

static int dev;

static int open_mode(unsigned int id, unsigned int mode)
{
	struct perf_event_attr attr = attr_config(config_of(id, mode, 0, 0));

	return perf_open(&attr, 0, -1);
}

static uint64_t by_int3(unsigned int id)
{
	struct kpx_stats stats;

	CHECK(!probe_stats(dev, id, &stats), "stats");
	return stats.by_int3;
}

/* TURNS hits: all are counted, and by_int3 grows by that many or by none. */
static void expect(unsigned int id, int fd, int is_int3, const char *when)
{
	uint64_t count = event_count(fd), int3 = by_int3(id);

	call("win_2 %d 1 2", TURNS);
	CHECK(event_count(fd) - count == TURNS, "%s: %llu counted", when,
	      (unsigned long long)(event_count(fd) - count));
	CHECK(by_int3(id) - int3 == (is_int3 ? TURNS : 0), "%s: by_int3 %llu",
	      when, (unsigned long long)(by_int3(id) - int3));
}

static void try_sysctl(unsigned int id, int fd)
{
	struct perf_event_attr attr =
		attr_config(config_of(id, KPX_MODE_JUMP, 0, 0));
	unsigned int other;
	int refused;

	expect(id, fd, 0, "a jump");
	CHECK(!write_file(SYSCTL, "0\n"), "sysctl");
	CHECK(wait_mechanisms(dev, id, 1 << KPX_MODE_INT3), "the jump stays");
	expect(id, fd, 1, "with kprobes-optimization=0");

	/* a new one isn't granted */
	CHECK(!define_probe(dev, "p kpx_targets:kpxt_win_3", 0, &other),
	      "define");
	attr.config = config_of(other, KPX_MODE_JUMP, 0, 0);
	refused = perf_open(&attr, 0, -1);
	CHECK(refused == -EOPNOTSUPP, "kprobes-optimization=0: open: %d",
	      refused);
	CHECK(error_log_says("MODE_JUMP"), "error_log doesn't say why");
	attr.config = config_of(other, KPX_MODE_AUTO, 0, 0);
	refused = perf_open(&attr, 0, -1);
	CHECK(refused >= 0, "kprobes-optimization=0: auto: %d", refused);
	close(refused);

	CHECK(!write_file(SYSCTL, "1\n"), "sysctl");
	CHECK(wait_mechanisms(dev, id, 1 << KPX_MODE_JUMP), "no jump again");
	expect(id, fd, 0, "a jump again");
}

static void try_int3(unsigned int id, int fd)
{
	unsigned int other = 0;
	int int3;

	CHECK(!define_probe(dev, "p kpx_targets:kpxt_win_2", 0, &other),
	      "define");
	int3 = open_mode(other, KPX_MODE_INT3);
	CHECK(int3 >= 0, "int3 beside a jump: %d", int3);
	CHECK(wait_mechanisms(dev, id, 1 << KPX_MODE_INT3),
	      "an int3 leaves the jump");
	expect(id, fd, 1, "beside an int3");
	CHECK(event_count(int3) == TURNS, "the int3 counts %llu",
	      (unsigned long long)event_count(int3));
	close(int3);
	CHECK(wait_mechanisms(dev, id, 1 << KPX_MODE_JUMP),
	      "no jump behind the int3");
	expect(id, fd, 0, "a jump behind the int3");
}

int main(void)
{
	unsigned int id = 0;
	int fd;

	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	CHECK(!define_probe(dev, "p kpx_targets:kpxt_win_2", 0, &id), "define");
	fd = open_mode(id, KPX_MODE_JUMP);
	CHECK(fd >= 0, "jump: %d", fd);
	if (fd >= 0) {
		try_sysctl(id, fd);
		try_int3(id, fd);
		close(fd);
	}
	close(dev);
	return failures != 0;
}
