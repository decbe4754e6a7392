// SPDX-License-Identifier: GPL-2.0-only
/* What is recorded, and how much of it. */
#include <limits.h>

#include "option.h"

const struct option_desc options_events[] = {
	{
		.letter = 'e',
		.name = "event",
		.value = "EVENT",
		.kind = OPTION_LIST,
		.at = offsetof(struct options, events),
		.help = "what to record; again, or separated by commas, for more:\n"
			"  kprobex/NAME/      a probe that is defined by this name\n"
			"  kprobex/FUNCTION/  else any function of the kernel, also\n"
			"                     kprobex/FUNCTION+OFFSET/\n"
			"  kprobex/NAME-ns/   the time within it: each call, or with\n"
			"                     -c a sample every N nanoseconds; terms\n"
			"                     are perf's: kprobex/FUNCTION,unit=1/\n"
			"  kprobex/NAME,unit=2,field=ARG/  the sum of an argument\n"
			"  SYSTEM:NAME        a tracepoint; * and ? match\n"
			"  page-faults, ...   a software event, as perf names it\n"
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
		.help = "about HZ samples a second (default for cpu-clock and\n"
			"task-clock: 4000)\n",
	},
	{
		.letter = 'g',
		.name = "callchain",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, session.callchain),
		.help = "with call chains\n",
	},
	{ 0 },
};
