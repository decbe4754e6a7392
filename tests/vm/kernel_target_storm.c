// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_target_storm [PART PARTS]: every mechanism, unit and kind of event, on functions
 * that the module, perf, ftrace or a kprobe's handling call themselves, with
 * strings and stacks. An open may be refused, with the errors that are for it;
 * nothing may hang or die, and books close. A part is every PARTS-th function.
 *
 * kernel_target_storm many: entries, returns and times of many of them by one
 * probe.
 */
#define _GNU_SOURCE
#include <sched.h>

#include "kernel_targets.h"

static const char *const functions[] = {
	/* the hot path's readers of memory, time and state */
	"copy_from_kernel_nofault",
	"copy_from_user_nofault",
	"memchr",
	"ktime_get_mono_fast_ns",
	"rcu_is_watching",
	"sprint_symbol",
	"strlen",
	"memcpy",
	"memset",
	"__kmalloc",
	/* perf's and its ring's */
	"perf_swevent_get_recursion_context",
	"perf_swevent_put_recursion_context",
	"perf_tp_event",
	"perf_event_overflow",
	"__perf_event_overflow",
	"perf_output_begin",
	"perf_output_begin_forward",
	"perf_output_copy",
	"perf_output_end",
	"perf_output_sample",
	"perf_prepare_sample",
	"perf_callchain",
	"perf_callchain_kernel",
	"get_perf_callchain",
	"unwind_next_frame",
	"local_clock",
	"sched_clock",
	"sched_clock_cpu",
	"perf_event_update_userpage",
	"perf_swevent_set_period",
	"irq_work_queue",
	"arch_irq_work_raise",
	"perf_adjust_period",
	/* ftrace's, kprobes' and RCU's */
	"ftrace_ops_list_func",
	"ftrace_call",
	"kprobe_ftrace_handler",
	"rethook_trampoline_handler",
	"kretprobe_rethook_handler",
	"call_rcu",
	"__rcu_read_lock",
	"__rcu_read_unlock",
	"do_int3",
	"exc_int3",
	"poke_int3_handler",
	"irqentry_nmi_enter",
	"asm_exc_int3",
	"optimized_callback",
	"preempt_schedule",
	"preempt_schedule_notrace",
	/* where the task changes, and interrupts */
	"schedule",
	"__schedule",
	"finish_task_switch.isra.0",
	"update_rq_clock",
	"handle_mm_fault",
	"do_user_addr_fault",
	"__hrtimer_run_queues",
	"tick_sched_timer",
	"ktime_get",
	"_raw_spin_lock",
	"_raw_spin_unlock_irqrestore",
	"exc_page_fault",
	"default_idle",
	"default_idle_call",
	"do_idle",
	"memcg_slab_free_hook",
	"kfree",
	"vfs_write",
	"ksys_write",
	"__x64_sys_getppid",
};

static int dev;
static unsigned long opened, refused, defined;

static int is_explained(int ret)
{
	switch (ret) {
	case -EOPNOTSUPP: /* mode, return */
	case -EINVAL:	  /* unit missed of a task, or sampling; not an entry */
	case -EBUSY:
	case -EILSEQ:
		return 1;
	default:
		return ret >= 0;
	}
}

static void load(void)
{
	static int null = -1;
	unsigned int i;
	char c;

	if (null < 0)
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (i = 0; i < 30; i++) {
		if (write(null, "x", 1) != 1 || read(null, &c, 1))
			CHECK(0, "load");
		syscall(SYS_getppid);
		sched_yield();
	}
	call("f0 10 1 2 3");
}

static void forks(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_getppid);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		CHECK(0, "fork under an event");
}

enum {
	TASK,
	CPU,
	INHERIT,
	NR_SCOPES
};

static int open_one(uint64_t config, int is_sampling, unsigned int scope,
		    struct ring *ring)
{
	struct perf_event_attr attr = attr_config(config);
	int fd;

	if (is_sampling) {
		/* 1: every hit; an uneven number: some */
		attr.sample_period = is_sampling == 1 ? 1 : 7;
		attr.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID |
				   PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN |
				   PERF_SAMPLE_RAW;
	}
	attr.inherit = scope == INHERIT;
	fd = perf_open(&attr, scope == CPU ? -1 : 0, scope == TASK ? -1 : 0);
	CHECK(is_explained(fd), "config %#llx: %d", (unsigned long long)config,
	      fd);
	ring->head = NULL;
	if (fd < 0) {
		refused++;
		return fd;
	}
	opened++;
	if (is_sampling)
		CHECK(!ring_map(ring, fd, 4), "ring");
	return fd;
}

static void close_one(int fd, struct ring *ring)
{
	if (fd < 0)
		return;
	if (ring->head)
		ring_unmap(ring);
	close(fd);
}

static void try_unit(unsigned int id, unsigned int mode, unsigned int unit)
{
	struct ring rings[3 * NR_SCOPES];
	int fds[3 * NR_SCOPES], n = 0, i;
	unsigned int scope;

	for (scope = 0; scope < NR_SCOPES; scope++)
		for (i = 0; i < 3; i++, n++)
			fds[n] = open_one(config_of(id, mode, unit, 0), i,
					  scope, &rings[n]);
	load();
	forks();
	for (i = 0; i < n; i++)
		close_one(fds[i], &rings[i]);
}

static void try_function(const char *kind, const char *function,
			 const char *args)
{
	unsigned int id = 0, mode, unit;
	struct kpx_stats stats;
	char text[512];

	snprintf(text, sizeof(text), "%s %s %s", kind, function, args);
	if (define_probe(dev, text, 0, &id))
		return; /* this kernel hasn't got it, or forbids it */
	defined++;
	for (mode = KPX_MODE_AUTO; mode <= KPX_MODE_FTRACE; mode++) {
		/* up to 2 s for what can't be one: a few are enough */
		if (mode == KPX_MODE_JUMP && strncmp(function, "perf", 4) &&
		    strncmp(function, "co", 2))
			continue;
		/* the rarer ones with every eighth probe */
		for (unit = 0; unit <= KPX_UNIT_FILTERED; unit++)
			if (unit <= KPX_UNIT_NS || !(defined % 8))
				try_unit(id, mode, unit);
	}
	CHECK(!probe_stats(dev, id, &stats), "stats");
	printf("%-60s %llu hits, %llu offered, %llu recursion, %llu missed\n",
	       text, (unsigned long long)stats.entered,
	       (unsigned long long)stats.offered,
	       (unsigned long long)stats.recursion,
	       (unsigned long long)(stats.missed_kprobe + stats.missed_return));
	fflush(stdout);
	CHECK(wait_mechanisms(dev, id, 0), "%s: still armed", text);
	CHECK(!remove_probe(dev, id), "%s: remove", text);
}

/*
 * Of the functions those that serve a hit. Not what a timer's tick goes through
 * as well: emulated, it would take longer than one.
 */
static unsigned int nr_serving(void)
{
	unsigned int nr = 0;

	while (strcmp(functions[nr], "ftrace_ops_list_func"))
		nr++;
	return nr;
}

/* All of them at once, so that hits are on top of hits. */
static void try_all(const char *args)
{
	struct ring rings[128];
	unsigned int i, n = 0;
	unsigned int id = 0;
	char text[512];
	int fds[128];

	for (i = 0; i < nr_serving(); i++) {
		snprintf(text, sizeof(text), "p %s %s", functions[i], args);
		if (define_probe(dev, text, 0, &id))
			continue;
		/* not every hit: a sample takes a hundred of them */
		fds[n] = open_one(config_of(id, 0, 0, 0), 2, CPU, &rings[n]);
		n++;
	}
	printf("%u at once\n", n);
	fflush(stdout);
	for (i = 0; i < 5; i++) {
		load();
		forks();
	}
	while (n--)
		close_one(fds[n], &rings[n]);
}

/* Where they are; 0: not in this kernel. */
static void find_functions(uint64_t *addresses, unsigned int nr)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	char line[1024], symbol[512];
	unsigned int i;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %*c %511s", &address, symbol) != 2)
			continue;
		for (i = 0; i < nr; i++)
			if (!addresses[i] && !strcmp(functions[i], symbol))
				addresses[i] = address;
	}
	if (file)
		fclose(file);
}

static uint64_t many[sizeof(functions) / sizeof(functions[0])];
static unsigned int nr_many;
static const char *first_of_many;

/* Of those that serve a hit all that may be among many targets. */
static void find_many(void)
{
	uint64_t addresses[sizeof(functions) / sizeof(functions[0])] = { 0 };
	struct kpx_define def;
	unsigned int i;
	char text[128];

	find_functions(addresses, nr_serving());
	for (i = 0; i < nr_serving(); i++) {
		if (!addresses[i])
			continue;
		many[nr_many] = addresses[i];
		if (!nr_many)
			first_of_many = functions[i];
		snprintf(text, sizeof(text), "p %s", first_of_many);
		if (define_targets(dev, text, many, nr_many + 1, &def))
			continue;
		CHECK(!remove_probe(dev, def.id), "remove");
		nr_many++;
	}
	CHECK(nr_many > 10, "%u functions", nr_many);
}

/* One return hook for all of them. */
static void try_many(const char *kind, const char *args)
{
	struct kpx_stats stats;
	struct kpx_define def;
	unsigned int unit;
	char text[512];

	snprintf(text, sizeof(text), "%s %s %s", kind, first_of_many, args);
	CHECK(!define_targets(dev, text, many, nr_many, &def), "define %s: %s",
	      text, def.error);
	defined++;
	for (unit = 0; unit <= KPX_UNIT_NS; unit++)
		try_unit(def.id, KPX_MODE_AUTO, unit);
	CHECK(!probe_stats(dev, def.id, &stats), "stats");
	printf("%u in one: %-43s %llu hits, %llu offered, %llu recursion, %llu missed\n",
	       nr_many, text, (unsigned long long)stats.entered,
	       (unsigned long long)stats.offered,
	       (unsigned long long)stats.recursion,
	       (unsigned long long)(stats.missed_kprobe + stats.missed_return));
	fflush(stdout);
	CHECK(wait_mechanisms(dev, def.id, 0), "%s: still armed", text);
	CHECK(wait_calls(dev, def.id, 0), "%s: calls inside", text);
	CHECK(!remove_probe(dev, def.id), "%s: remove", text);
}

int main(int argc, char **argv)
{
	static const char strings[] =
		"n=$arg1:u32 s=+0($arg1):string u=+0(%si):ustring c=$comm st=$stack3 sy=%ip:symstr if n != 5";
	unsigned int i, nr = sizeof(functions) / sizeof(functions[0]);
	unsigned int part = argc > 1 ? atoi(argv[1]) : 0;
	unsigned int parts = argc > 2 ? atoi(argv[2]) : 1;
	cpu_set_t cpus;

	/* the events of CPU 0 are to see us */
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	if (argc == 2) {
		find_many();
		try_many("p", "a=%di b=%si");
		try_many("r32", "ret=$retval a=$arg1:u32 if a != 3");
		try_many("r", "ret=$retval a=$arg1:u32 d=$duration:u64");
		try_many("p", strings);
		part = parts = nr;
	}
	for (i = part; i < nr; i += parts) {
		try_function("p", functions[i], strings);
		try_function("p", functions[i], "a=%di b=%si");
		try_function("r32", functions[i],
			     "ret=$retval a=$arg1:u32 if a != 3");
	}
	if (part < 2) {
		try_all(strings);
		try_all("a=%di");
	}
	printf("%lu probes, %lu events, %lu refused\n", defined, opened,
	       refused);
	CHECK(opened > (argc == 2 ? 50 : 100), "hardly any was opened");
	close(dev);
	return failures != 0;
}
