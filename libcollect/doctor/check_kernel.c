// SPDX-License-Identifier: GPL-2.0-only
/* check_kernel.c - the kernel, its configuration, and what it locks up */
#include <stdio.h>
#include <string.h>

#include "checkup.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"

static void look_at_release(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	unsigned int major = 0, minor = 0;

	sscanf(f->release, "%u.%u", &major, &minor);
	kpc_checkup_found(c, "kernel", "Linux %s %s", f->release, f->machine);
	if (strcmp(f->machine, "x86_64"))
		kpc_checkup_problem(c, "kprobex is for x86_64 only");
	else if (major < 6 || (major == 6 && minor < 1))
		kpc_checkup_problem(c, "kprobex needs Linux 6.1 at least");
	else if (major != 6 || (minor != 1 && minor != 12))
		kpc_checkup_warn(
			c, "kprobex was tested on Linux 6.1 and 6.12 only");
}

/* What recording makes use of, and what is lost without it. */
static const struct option {
	const char *name;
	const char *part; /* of another option, without which it's nothing */
	enum kpc_check_state state; /* without it */
	const char *meaning;
} options[] = {
	{ "PERF_EVENTS", NULL, KPC_CHECK_PROBLEM, "nothing can be recorded" },
	{ "MODULES", NULL, KPC_CHECK_PROBLEM,
	  "kprobex can't be loaded: no probes" },
	{ "KPROBES", NULL, KPC_CHECK_PROBLEM,
	  "kprobex can't be loaded: no probes" },
	{ "KRETPROBES", "KPROBES", KPC_CHECK_WARNING,
	  "no probes of returns, and no times of functions" },
	{ "OPTPROBES", "KPROBES", KPC_CHECK_WARNING,
	  "no jumps: probes inside of functions take an int3, which costs "
	  "several times as much" },
	{ "DYNAMIC_FTRACE_WITH_REGS", "KPROBES", KPC_CHECK_WARNING,
	  "probes at functions' entries take an int3 or a jump, and there are "
	  "none of many functions" },
	{ "DYNAMIC_FTRACE_WITH_ARGS", "KPROBES", KPC_CHECK_WARNING,
	  "probes at functions' entries cost more: all registers are saved" },
	{ "FPROBE", "KPROBES", KPC_CHECK_OK,
	  "a probe of the returns of many functions takes 1024 at most" },
	{ "BPF_EVENTS", "KPROBES", KPC_CHECK_WARNING,
	  "no BPF programs on probes: --bpf" },
	{ "DEBUG_INFO_BTF", NULL, KPC_CHECK_WARNING,
	  "arguments have no names, and structures no members" },
	{ "TRACEPOINTS", NULL, KPC_CHECK_WARNING, "no tracepoints" },
	{ "FTRACE_SYSCALLS", "TRACEPOINTS", KPC_CHECK_WARNING,
	  "no tracepoints of system calls" },
	{ "KPROBE_EVENTS", "KPROBES", KPC_CHECK_OK,
	  "perf probe can't be used; kprobex doesn't need it" },
	{ "UPROBE_EVENTS", NULL, KPC_CHECK_WARNING, "no probes of programs" },
	{ "KALLSYMS_ALL", "KPROBES", KPC_CHECK_WARNING,
	  "definitions can't have @SYMBOL of variables" },
};
#define NR_OPTIONS (sizeof(options) / sizeof(*options))

static void look_at_option(struct kpc_checkup *c, const struct option *option)
{
	kpc_checkup_found(c, option->name, "not in this kernel");
	if (option->state == KPC_CHECK_OK)
		kpc_checkup_note(c, "%s", option->meaning);
	else if (option->state == KPC_CHECK_WARNING)
		kpc_checkup_warn(c, "%s", option->meaning);
	else
		kpc_checkup_problem(c, "%s", option->meaning);
	if (option->state != KPC_CHECK_OK)
		kpc_checkup_mend(c,
				 "boot a kernel with CONFIG_%s, such as "
				 "Debian's linux-image-amd64",
				 option->name);
}

static void look_at_options(struct kpc_checkup *c)
{
	size_t nr = 0;

	if (!c->config->text) {
		kpc_checkup_found(c, "options", "unknown");
		kpc_checkup_warn(c,
				 "neither /proc/config.gz nor /boot/config-%s "
				 "is there: what this kernel can't do will be "
				 "seen when it's tried",
				 c->facts->release);
		return;
	}
	for (size_t i = 0; i < NR_OPTIONS; i++)
		nr += kpc_kconfig_has(c->config, options[i].name);
	kpc_checkup_found(c, "options", "%zu of %zu that matter, by %s", nr,
			  NR_OPTIONS, c->config->path);
	for (size_t i = 0; i < NR_OPTIONS; i++)
		if (!kpc_kconfig_has(c->config, options[i].name) &&
		    (!options[i].part ||
		     kpc_kconfig_has(c->config, options[i].part)))
			look_at_option(c, &options[i]);
}

/* "none [integrity] confidentiality": the one in brackets is in force. */
static void look_at_lockdown(struct kpc_checkup *c)
{
	char line[128], mode[32];
	const char *at;

	if (kpc_facts_line(c->facts, LOCKDOWN, line, sizeof(line)))
		return; /* a kernel without it, or without securityfs */
	at = strchr(line, '[');
	if (!at || sscanf(at, "[%31[a-z]]", mode) != 1)
		return;
	kpc_checkup_found(c, "lockdown", "%s", mode);
	if (!strcmp(mode, "confidentiality")) {
		kpc_checkup_problem(
			c, "nobody may probe the kernel or read its memory, "
			   "root included");
		kpc_checkup_mend(c, "boot without lockdown=confidentiality in "
				    "/proc/cmdline (with Secure Boot: mokutil "
				    "--disable-validation)");
	} else if (!strcmp(mode, "integrity")) {
		kpc_checkup_note(c, "only modules that are signed can be "
				    "loaded");
	}
}

const kpc_check_look kpc_checks_kernel[] = {
	look_at_release,
	look_at_options,
	look_at_lockdown,
	NULL,
};
