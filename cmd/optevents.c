// SPDX-License-Identifier: GPL-2.0-only
/* What is recorded, and how much of it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"

#define OVERHEAD_MIN 0.001 /* percent */

static int take_call_graph(struct options *o, const struct option_desc *desc,
			   const char *text)
{
	struct kpc_session_opts *s = &o->session;

	(void)desc;
	s->callchain = strcmp(text, "no");
	s->callchain_no_kernel = !strcmp(text, "user");
	s->callchain_no_user = !strcmp(text, "kernel");
	if (!strcmp(text, "fp") || !strcmp(text, "no") ||
	    s->callchain_no_kernel || s->callchain_no_user)
		return -1;
	if (!strncmp(text, "dwarf", 5) || !strncmp(text, "lbr", 3))
		return option_mistake(
			"--call-graph %s isn't there: call chains "
			"are by frame pointers (fp)",
			text);
	return option_mistake("--call-graph takes fp, kernel, user or no, not "
			      "'%s'",
			      text);
}

static int take_max_stack(struct options *o, const struct option_desc *desc,
			  const char *text)
{
	(void)desc;
	(void)text;
	o->session.max_stack = o->max_stack;
	return -1;
}

/* "2", "0.5%": parts of a million. */
static int take_max_overhead(struct options *o, const struct option_desc *desc,
			     const char *text)
{
	size_t digits = strspn(text, "0123456789.");
	double percent = digits ? strtod(text, NULL) : 0;

	(void)desc;
	if (!digits || (text[digits] && strcmp(text + digits, "%")) ||
	    strchr(text, '.') != strrchr(text, '.') || percent < OVERHEAD_MIN ||
	    percent > 100)
		return option_mistake("--max-overhead takes a percentage from "
				      "%g to 100, such as 2%%, not '%s'",
				      OVERHEAD_MIN, text);
	o->session.max_overhead_ppm = percent * 10000 + 0.5;
	return -1;
}

const struct option_desc options_events[] = {
	{
		.letter = 'e',
		.name = "event",
		.value = "EVENT",
		.kind = OPTION_LIST,
		.at = offsetof(struct options, events),
		.help = "what to record; again, or separated by commas, for more:\n"
			"  kprobex/NAME/      a probe that is defined by this name\n"
			"  kprobex/FUNCTION/  else any function of the kernel, with its\n"
			"                     arguments; a system call (kprobex/sys_openat/);\n"
			"                     kprobex/FUNCTION+OFFSET/\n"
			"  'p:NAME FUNCTION ARGUMENT...'  a probe's definition, as of\n"
			"                     collect probe; r for p: at the return\n"
			"  kprobex/NAME-ns/   the time within it: each call, or with\n"
			"                     -c a sample every N nanoseconds; terms\n"
			"                     are perf's: kprobex/FUNCTION,unit=1/\n"
			"  kprobex/NAME,unit=2,field=ARG/  the sum of an argument\n"
			"  SYSTEM:NAME        a tracepoint; * and ? match\n"
			"  u:FILE:FUNCTION    a function of a program or shared library, by\n"
			"                     path or name (u:libc:malloc); FUNCTION+OFFSET,\n"
			"                     or an offset in the file; ur: at the return\n"
			"  'u:FILE:FUNCTION NAME=FETCH:TYPE...'  with arguments, as of the\n"
			"                     kernel's uprobe_events: 'prompt=+0(%di):string'\n"
			"  'p:NAME /FILE:OFFSET ...'  its grammar as it is; r: at the return\n"
			"  usdt:FILE:PROVIDER:NAME  probes that the program brings with it;\n"
			"                     collect list --usdt FILE prints them\n"
			"  page-faults, cycles, r1a8 ...  a counter of the kernel's or the\n"
			"                     CPU's, as perf names it; cycles/period=N/ or\n"
			"                     /freq=HZ/ says how often, of that alone\n"
			"(default: all named probes of kprobex)\n",
	},
	{
		.name = "bpf",
		.value = "FILE[:PROGRAM][,cookie=N]",
		.kind = OPTION_LIST,
		.at = offsetof(struct options, bpf),
		.help = "put BPF programs of type kprobe, of an object that clang\n"
			"made, on the probes of the kprobex events; again for\n"
			"more. PROGRAM is a section (kprobe/FUNCTION) or a\n"
			"function; without it, all that are for probes, in the\n"
			"file's order. N is for bpf_get_attach_cookie(). With\n"
			"programs and probes of both kinds, kretprobe programs go\n"
			"on return probes and kprobe ones on the others; else all\n"
			"on all. A hit is recorded if the bitwise AND of what they\n"
			"return isn't 0. What they write to perf event arrays and\n"
			"ring buffers is in the trace as the event bpf:MAP, of all\n"
			"CPUs and processes, with the fields of the map's\n"
			"__type(value, struct ...)\n",
	},
	{ 0 },
};

const struct option_desc options_sampling[] = {
	{
		.letter = 'c',
		.name = "count",
		.value = "N",
		.kind = OPTION_NUMBER,
		.at = offsetof(struct options, session.period),
		.least = 1,
		.most = INT64_MAX,
		.help = "a sample every N hits, or of what else the event counts\n"
			"(default 1: every hit)\n",
	},
	{
		.letter = 'F',
		.name = "freq",
		.value = "HZ",
		.kind = OPTION_NUMBER,
		.at = offsetof(struct options, session.frequency),
		.least = 1,
		.most = INT_MAX,
		.help = "about HZ samples a second (default for cpu-clock,\n"
			"task-clock and the CPU's counters: 4000)\n",
	},
	{
		.letter = 'g',
		.name = "callchain",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, session.callchain),
		.help = "with call chains, of the kernel's and the user's part\n",
	},
	{
		.name = "call-graph",
		.value = "fp|kernel|user|no",
		.kind = OPTION_OTHER,
		.take = take_call_graph,
		.help = "the same (fp), only one part of them, or none. They are\n"
			"by frame pointers: a program that was built without\n"
			"(-fomit-frame-pointer, most distributions') has few\n"
			"right ones; DWARF isn't looked at\n",
	},
	{
		.name = "max-stack",
		.value = "N",
		.kind = OPTION_NUMBER,
		.at = offsetof(struct options, max_stack),
		.least = 1,
		.most = UINT16_MAX,
		.take = take_max_stack,
		.help = "of a call chain N entries at most, the innermost (default,\n"
			"and largest: kernel.perf_event_max_stack)\n",
	},
	{
		.name = "all-cgroups",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, session.all_cgroups),
		.help = "with the control group that the thread was in, which\n"
			"report and filter tell apart; 8 bytes more in the ring,\n"
			"hardly any in the file\n",
	},
	{
		.name = "max-overhead",
		.value = "PERCENT",
		.kind = OPTION_OTHER,
		.take = take_max_overhead,
		.help = "when hits take more than PERCENT (such as 2%) of the time\n"
			"of all CPUs, as measured at the start, raise the period\n"
			"of the costliest event; or, where counting its hits is\n"
			"too much by itself, disarm it until the end. The report\n"
			"says so\n",
	},
	{ 0 },
};
