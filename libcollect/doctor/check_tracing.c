// SPDX-License-Identifier: GPL-2.0-only
/* check_tracing.c - what the kernel shows, and its switches for probes */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "checkup.h"

#define BTF	       "/sys/kernel/btf"
#define TRACEFS	       "/sys/kernel/tracing"
#define DEBUGFS	       "/sys/kernel/debug"
#define KPROBES_ON     DEBUGFS "/kprobes/enabled"
#define OPTIMIZATION   "/proc/sys/debug/kprobes-optimization"
#define FTRACE_ON      "/proc/sys/kernel/ftrace_enabled"
#define MAX_STACK      "/proc/sys/kernel/perf_event_max_stack"
#define CPU_TIME       "/proc/sys/kernel/perf_cpu_time_max_percent"
#define SAMPLE_RATE    "/proc/sys/kernel/perf_event_max_sample_rate"
#define STACK_USUAL    127
#define CLOCK_HZ_USUAL 4000 /* of cpu-clock, unless told */

/* ---- what it tells ------------------------------------------------------- */

static bool is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* How many modules have theirs; vmlinux is among the entries. */
static unsigned int count_btf(const struct kpc_facts *f)
{
	char full[PATH_MAX];
	unsigned int nr = 0;
	struct dirent *entry;
	DIR *dir = opendir(kpc_facts_path(f, BTF, full));

	while (dir && (entry = readdir(dir)))
		nr += is_visible(entry);
	if (dir)
		closedir(dir);
	return nr ? nr - 1 : 0;
}

static void look_at_btf(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;

	if (kpc_facts_has(f, BTF "/vmlinux")) {
		unsigned int nr = count_btf(f);

		kpc_checkup_found(c, "BTF", "of the kernel and %u module%s", nr,
				  nr == 1 ? "" : "s");
		return;
	}
	kpc_checkup_found(c, "BTF", "none");
	kpc_checkup_warn(c,
			 "arguments have no names and structures no members: "
			 "kprobex/FUNCTION/ records hits only, definitions "
			 "take $arg1, +8($arg2) and so on");
	kpc_checkup_mend(c,
			 "boot a kernel with CONFIG_DEBUG_INFO_BTF=y, such as "
			 "Debian's linux-image-amd64");
}

/* As kpc_tracepoint_root() looks for it, which mounts it if it may. */
static int find_tracefs(const struct kpc_facts *f, const char **found)
{
	static const char *const roots[] = { TRACEFS, DEBUGFS "/tracing" };
	char path[PATH_MAX], full[PATH_MAX];
	int err = -ENOENT;

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		snprintf(path, sizeof(path), "%s/events", roots[i]);
		*found = roots[i];
		if (!access(kpc_facts_path(f, path, full), R_OK | X_OK))
			return 0;
		if (errno == EACCES)
			err = -EACCES;
	}
	return err;
}

static void look_at_tracefs(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	const char *found;
	int err = find_tracefs(f, &found);

	if (!err) {
		kpc_checkup_found(c, "tracefs", "%s", found);
	} else if (err == -EACCES) {
		kpc_checkup_found(c, "tracefs", "%s, unreadable", TRACEFS);
		kpc_checkup_problem(c, "no tracepoints: their descriptions are "
				       "there");
		kpc_checkup_mend(c, "%smount -o remount,mode=755 %s", f->sudo,
				 TRACEFS);
	} else {
		kpc_checkup_found(c, "tracefs", "not mounted");
		if (kpc_facts_can(f, CAP_SYS_ADMIN))
			kpc_checkup_warn(c,
					 "no tracepoints, unless collect can "
					 "mount it");
		else
			kpc_checkup_problem(c, "no tracepoints: their "
					       "descriptions are there");
		kpc_checkup_mend(c, "%smount -t tracefs tracefs %s", f->sudo,
				 TRACEFS);
	}
}

/* ---- switches ------------------------------------------------------------ */

/* debugfs is root's: who isn't can't tell, and is told worse things. */
static void look_at_kprobes(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	int64_t on;
	int err = kpc_facts_number(f, KPROBES_ON, &on);

	if (err == -ENOENT && !*f->sudo &&
	    kpc_facts_has(f, "/sys/module/kprobex")) {
		kpc_checkup_found(c, "debugfs", "not mounted");
		kpc_checkup_warn(c,
				 "the module's error_log, which functions are "
				 "on the blacklist, and if kprobes are on, "
				 "can't be read");
		kpc_checkup_mend(c, "mount -t debugfs debugfs " DEBUGFS);
	}
	if (err)
		return;
	kpc_checkup_found(c, "kprobes/enabled", "%" PRId64, on);
	if (on)
		return;
	kpc_checkup_problem(c, "probes are deaf, but for those at functions' "
			       "entries");
	kpc_checkup_mend(c, "echo 1 | %stee %s", f->sudo, KPROBES_ON);
}

static void look_at_optimization(struct kpc_checkup *c)
{
	int64_t on;

	if (kpc_facts_number(c->facts, OPTIMIZATION, &on))
		return;
	kpc_checkup_found(c, "kprobes-optimization", "%" PRId64, on);
	if (on)
		return;
	kpc_checkup_warn(c,
			 "probes inside of functions take an int3, which costs "
			 "several times what a jump does; mode=jump is "
			 "refused");
	kpc_checkup_mend(c, "%ssysctl -w debug.kprobes-optimization=1",
			 c->facts->sudo);
}

static void look_at_ftrace(struct kpc_checkup *c)
{
	int64_t on;

	if (kpc_facts_number(c->facts, FTRACE_ON, &on))
		return;
	kpc_checkup_found(c, "ftrace_enabled", "%" PRId64, on);
	if (on)
		return;
	kpc_checkup_problem(c,
			    "probes at functions' entries, and of returns, are "
			    "deaf");
	kpc_checkup_mend(c, "%ssysctl -w kernel.ftrace_enabled=1",
			 c->facts->sudo);
}

static void look_at_stack(struct kpc_checkup *c)
{
	int64_t entries;

	if (kpc_facts_number(c->facts, MAX_STACK, &entries))
		return;
	kpc_checkup_found(c, "perf_event_max_stack", "%" PRId64, entries);
	if (entries >= STACK_USUAL)
		return;
	kpc_checkup_warn(c, "call chains (-g) end after so many entries");
	kpc_checkup_mend(c, "%ssysctl -w kernel.perf_event_max_stack=%d",
			 c->facts->sudo, STACK_USUAL);
}

/* It's about timers: what is sampled by hits isn't throttled. */
static void look_at_clocks(struct kpc_checkup *c)
{
	int64_t percent, rate = CLOCK_HZ_USUAL;

	if (kpc_facts_number(c->facts, CPU_TIME, &percent))
		return;
	kpc_facts_number(c->facts, SAMPLE_RATE, &rate);
	kpc_checkup_found(c, "perf_cpu_time_max_percent",
			  "%" PRId64 ", up to %" PRId64 " samples a second",
			  percent, rate);
	if (rate >= CLOCK_HZ_USUAL)
		return;
	kpc_checkup_warn(c,
			 "cpu-clock and task-clock are to sample at %d Hz, and "
			 "will be throttled: use -F %" PRId64 " (the kernel "
			 "lowers this when samples take too long)",
			 CLOCK_HZ_USUAL, rate);
	kpc_checkup_mend(c,
			 "%ssysctl -w kernel.perf_event_max_sample_rate=100000",
			 c->facts->sudo);
}

const kpc_check_look kpc_checks_tracing[] = {
	look_at_btf,	look_at_tracefs, look_at_kprobes, look_at_optimization,
	look_at_ftrace, look_at_stack,	 look_at_clocks,  NULL,
};
