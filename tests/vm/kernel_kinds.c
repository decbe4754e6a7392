// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_kinds READY: a probe of each kind, most with events that have counted
 * what kernel_drgn.sh and kernel_crash.sh know; makes the file READY and stays.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "kernel_targets.h"

#define TRACING "/sys/kernel/debug/tracing/events/kprobex/"

/* Its descriptor keeps the probes. */
static int dev;

static unsigned int define_on(int fd, const char *text, unsigned int flags)
{
	unsigned int id = 0;
	int ret = define_probe(fd, text, flags, &id);

	CHECK(!ret, "define %s: %d", text, ret);
	return id;
}

static unsigned int define(const char *text)
{
	return define_on(dev, text, 0);
}

static unsigned int define_many(const char *text, const uint64_t *targets,
				unsigned int nr)
{
	struct kpx_define def = { .size = sizeof(def) };

	def.text = (uintptr_t)text;
	def.text_len = strlen(text);
	def.targets = (uintptr_t)targets;
	def.nr_targets = nr;
	CHECK(!ioctl(dev, KPX_IOC_DEFINE, &def), "define %s: %s", text,
	      def.error);
	return def.id;
}

/* Of CPU 0, where this task stays: so they are scheduled in all the time. */
static int open_attr(struct perf_event_attr *attr)
{
	int fd = perf_open(attr, -1, 0);

	CHECK(fd >= 0, "open %llx: %d", (unsigned long long)attr->config, fd);
	return fd;
}

static int open_event(uint64_t config)
{
	struct perf_event_attr attr = attr_config(config);

	return open_attr(&attr);
}

/* Until nothing is armed for it any more. */
static void close_event(int fd, unsigned int id)
{
	close(fd);
	CHECK(wait_mechanisms(dev, id, 0), "probe %u isn't disarmed", id);
}

static void open_sampling(uint64_t config, uint64_t period)
{
	struct perf_event_attr attr = attr_config(config);

	attr.sample_period = period;
	attr.sample_type = SAMPLE_TYPE;
	open_attr(&attr);
}

static void modes(void)
{
	open_event(config_of(define("p:dn_int3 kpx_targets:kpxt_entry_1"),
			     KPX_MODE_INT3, 0, 0));
	open_event(config_of(define("p:dn_jump kpx_targets:kpxt_entry_2"),
			     KPX_MODE_JUMP, 0, 0));
	/* no call of ftrace's: the anchor, which the kernel makes a jump or not */
	open_event(define("p:dn_anchor kpx_targets:kpxt_win_loop"));
	call("entry_1 3");
	call("entry_2 4");
	call("win_loop 5");
}

static void units(void)
{
	unsigned int id = define(
		"p:dn_field kpx_targets:kpxt_f0 a=$arg1:s64 b=$arg2:u64");

	open_event(config_of(id, 0, KPX_UNIT_FIELD, 0));
	open_event(config_of(id, 0, KPX_UNIT_FIELD, 0));
	open_sampling(config_of(id, 0, KPX_UNIT_FIELD, 1), 1000);
	/* a: -2 and -1 are clamped, for the one class that counts it */
	call("f0 5 0xfffffffffffffffe 10");
	id = define("p:dn_if kpx_targets:kpxt_f1 a=$arg1:u64 if a > 100");
	open_event(config_of(id, 0, KPX_UNIT_FILTERED, 0));
	call("f1 10 96");
}

/* Until the end of this task. */
static void call_inside(unsigned int id)
{
	struct kpx_stats stats;

	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		call("sleep 1 600000");
		_exit(0);
	}
	do {
		sleep_ms(20);
		CHECK(!probe_stats(dev, id, &stats), "stats");
	} while (!stats.in_flight && !failures);
}

static void returns(void)
{
	unsigned int id;
	int fd;

	/* one instance for three calls that are inside at a time, armed twice */
	id = define("r1:dn_return kpx_targets:kpxt_recurse $retval");
	fd = open_event(id);
	call("recurse 1 3");
	close_event(fd, id);
	open_event(id);
	call("recurse 1 3");
	/* hits and time of one probe: two attachments */
	id = define("p:dn_ns kpx_targets:kpxt_sleep");
	open_event(id);
	open_event(config_of(id, 0, KPX_UNIT_NS, 0));
	call("sleep 2 0");
	call_inside(id);
}

/*
 * What a kprobe's handler calls, and another kprobe is at, the kernel counts as
 * missed. At an anchor, whose count goes on when it is armed again.
 */
static void missed(void)
{
	unsigned int id;
	int fd;

	/* the first instruction behind ftrace's call, and maybe an endbr */
	if (define_probe(dev, "p:dn_missed perf_tp_event+5", 0, &id))
		id = define("p:dn_missed perf_tp_event+9");
	open_sampling(config_of(define("p:dn_outer kpx_targets:kpxt_entry_3"),
				KPX_MODE_INT3, 0, 0),
		      1);
	fd = open_event(id);
	call("entry_3 2");
	close_event(fd, id);
	call("entry_3 3");
	open_event(id);
	call("entry_3 4");
}

/* Both functions' calls go through one pool of two, or each has one instance. */
static void many(void)
{
	uint64_t entries[] = { target_address("f2"), target_address("f3"),
			       target_address("f4") };
	uint64_t returns[] = { target_address("recurse"),
			       target_address("f9") };

	open_event(define_many("p:dn_many kpx_targets:kpxt_f2", entries, 3));
	call("f2 1");
	call("f3 1");
	call("f4 1");
	open_event(define_many("r1:dn_returns kpx_targets:kpxt_recurse",
			       returns, 2));
	call("recurse 1 5");
	call("f9 1");
}

/* Those that can't be found by a name, or not for long. */
static void others(void)
{
	struct perf_event_attr attr = attr_config(0);
	int owner = device_open();

	define_on(dev, "p:dn_alias kpx_targets:kpxt_f5", KPX_DEFINE_ALIAS);
	attr.config1 = (uintptr_t) "p kpx_targets:kpxt_f6 dn=$arg1";
	open_attr(&attr);
	call("f6 6");
	open_event(define_on(owner, "p:dn_nameless kpx_targets:kpxt_f7", 0));
	define_on(owner, "p:dn_orphan kpx_targets:kpxt_f8", 0);
	CHECK(!write_file(TRACING "dn_orphan/enable", "1"), "enable");
	close(owner);
	call("f7 7");
	call("f8 8");
}

static void stop(int status)
{
	write_file(TRACING "dn_orphan/enable", "0");
	_exit(status);
}

static void stop_at(int signal)
{
	stop(signal != SIGTERM);
}

int main(int argc, char **argv)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	CHECK(!sched_setaffinity(0, sizeof(cpus), &cpus), "CPU 0");
	dev = device_open();
	CHECK(dev >= 0 && argc == 2, "device: %d", dev);
	signal(SIGTERM, stop_at);
	modes();
	units();
	returns();
	missed();
	many();
	others();
	if (failures)
		stop(1);
	close(open(argv[1], O_WRONLY | O_CREAT, 0600));
	for (;;)
		pause();
}
