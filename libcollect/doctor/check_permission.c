// SPDX-License-Identifier: GPL-2.0-only
/* check_permission.c - what we may, and what the kernel's switches make of it */
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checkup.h"
#include "fail.h"
#include "openerror.h"

#define KPTR_RESTRICT "/proc/sys/kernel/kptr_restrict"

/* ---- capabilities -------------------------------------------------------- */

static const struct {
	int cap;
	const char *name;
} caps[] = {
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
	{ CAP_PERFMON, "CAP_PERFMON" },
	{ CAP_BPF, "CAP_BPF" },
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE" },
	{ CAP_IPC_LOCK, "CAP_IPC_LOCK" },
	{ CAP_SYS_NICE, "CAP_SYS_NICE" },
	{ CAP_SYSLOG, "CAP_SYSLOG" },
};

static const char *list_caps(const struct kpc_facts *f, char *text, size_t size)
{
	size_t nr = sizeof(caps) / sizeof(*caps), used = 0, have = 0;

	for (size_t i = 0; i < nr; i++) {
		if (!kpc_facts_can(f, caps[i].cap) || used >= size)
			continue;
		have++;
		used += snprintf(text + used, size - used, "%s%s",
				 used ? ", " : "", caps[i].name);
	}
	if (have == nr)
		return "all that help";
	return used ? text : "none that helps";
}

static void say_how_to_get(struct kpc_checkup *c)
{
	if (c->facts->in_container)
		kpc_checkup_mend(c, "start the container with --privileged, or "
				    "run collect on the host");
	else
		kpc_checkup_mend(c, "sudo collect ...");
}

static void look_at_capabilities(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	int64_t paranoid = 2;
	char text[192];

	kpc_facts_number(f, KPC_PARANOID, &paranoid);
	kpc_checkup_found(c, "capabilities", "%s",
			  f->in_namespace ? "only in a user namespace" :
					    list_caps(f, text, sizeof(text)));
	if (!kpc_facts_can_probe(f)) {
		kpc_checkup_problem(
			c,
			"probes%s take CAP_PERFMON%s; of your own processes "
			"software events can be recorded",
			paranoid < 0 ? "" :
				       ", tracepoints and all of the system",
			f->in_namespace ? ", outside of all namespaces" : "");
		say_how_to_get(c);
	} else if (!kpc_facts_can(f, CAP_SYS_ADMIN) &&
		   !kpc_facts_can(f, CAP_BPF)) {
		kpc_checkup_warn(c, "BPF programs on probes (--bpf) take "
				    "CAP_BPF");
		say_how_to_get(c);
	}
}

/* ---- switches ------------------------------------------------------------ */

static void look_at_paranoid(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	int64_t paranoid;

	if (kpc_facts_number(f, KPC_PARANOID, &paranoid)) {
		kpc_checkup_found(c, "perf_event_paranoid", "absent");
		kpc_checkup_problem(c, "this kernel has no perf events");
		return;
	}
	kpc_checkup_found(c, "perf_event_paranoid", "%" PRId64, paranoid);
	if (paranoid <= KPC_PARANOID_MAX || kpc_facts_can(f, CAP_SYS_ADMIN))
		return;
	if (kpc_facts_can(f, CAP_PERFMON))
		kpc_checkup_problem(c, "above 2, Debian's kernels want "
				       "CAP_SYS_ADMIN: CAP_PERFMON isn't "
				       "enough");
	else
		kpc_checkup_warn(c, "above 2, Debian's kernels open no event "
				    "without CAP_SYS_ADMIN, not even of your "
				    "own processes");
	kpc_checkup_mend(c, "%ssysctl -w kernel.perf_event_paranoid=2",
			 f->sudo);
}

/* As kallsyms_show_value() of the kernel decides. */
static bool hides_addresses(const struct kpc_facts *f, int64_t restriction)
{
	int64_t paranoid = 2;

	kpc_facts_number(f, KPC_PARANOID, &paranoid);
	if (restriction > 1)
		return true;
	return !kpc_facts_can(f, CAP_SYSLOG) && (restriction || paranoid > 1);
}

static void look_at_kptr(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	int64_t restriction;

	if (kpc_facts_number(f, KPTR_RESTRICT, &restriction))
		return;
	kpc_checkup_found(c, "kptr_restrict", "%" PRId64, restriction);
	if (!hides_addresses(f, restriction))
		return;
	kpc_checkup_warn(c,
			 "the kernel hides its addresses%s: stacks have no "
			 "names, and a definition's function can't be told "
			 "from another of its name",
			 restriction > 1 ? "" : " from who has no CAP_SYSLOG");
	if (kpc_facts_can(f, CAP_SYSLOG))
		kpc_checkup_mend(c, "%ssysctl -w kernel.kptr_restrict=1",
				 f->sudo);
	else
		kpc_checkup_mend(c,
				 "%ssysctl -w kernel.kptr_restrict=0 "
				 "kernel.perf_event_paranoid=1",
				 f->sudo);
}

/* ---- the proof ----------------------------------------------------------- */

static int open_event(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.disabled = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1,
			 PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Whoever has what it takes may be refused by something else. */
static void look_at_opening(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	char error[KPC_ERROR_BYTES];
	int err;

	if (!f->is_live || !kpc_facts_can_probe(f))
		return;
	err = open_event();
	kpc_checkup_found(c, "perf_event_open", "%s",
			  err ? strerror(-err) : "allowed, also on all CPUs");
	/* CPU 0 may be offline */
	if (!err || err == -ENODEV)
		return;
	kpc_openerror_event(err, "cpu-clock", PERF_TYPE_SOFTWARE, true, error,
			    sizeof(error));
	kpc_checkup_problem(c, "%s%s", error,
			    f->is_filtered ? "; a seccomp filter is in force" :
					     "");
	if (f->in_container)
		say_how_to_get(c);
}

const kpc_check_look kpc_checks_permission[] = {
	look_at_capabilities,
	look_at_paranoid,
	look_at_kptr,
	look_at_opening,
	NULL,
};
