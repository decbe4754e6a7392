// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <string.h>

#include "toprequest.h"

#define NS_PER_S    1000000000ull
#define INTERVAL_NS NS_PER_S
#define BATCH_ROWS  40

static const char usage_head[] =
	"usage: collect top [files|writes|reads|syscalls] [-p PID] [OPTION]... [-- COMMAND]\n"
	"       collect top -e EVENT... [--by WHAT] [OPTION]... [-- COMMAND]\n"
	"\n"
	"Shows what happens most, while it happens: how often, how many bytes, how slowly.\n"
	"\n"
	"  collect top               which files are read and written, by which processes,\n"
	"                            how much, how slowly (the same as collect top files)\n"
	"  collect top files -p PID  those of one process\n"
	"  collect top writes        only what is written; or only reads\n"
	"  collect top syscalls      which system calls\n"
	"  collect top -e EVENT      any event; EVENT as of collect record\n"
	"\n"
	"Keys: q ends it; c, r, b, t, l, p, m, e and n sort by count, rate, bytes, time,\n"
	"latency, 99th percentile, maximum, errors and name, again for the other way round;\n"
	"z begins anew, the space bar holds the picture.\n";

static const char usage_tail[] =
	"\n"
	"Exit status: COMMAND's, or 128 + its signal; else 0 ok, 1 failed, 2 usage.\n"
	"\n"
	"Examples:\n"
	"  collect top files -p $(pgrep -d, postgres)\n"
	"  collect top writes --batch -n 1 --interval 10s\n"
	"  collect top -e kprobex/vfs_fsync_range,unit=1/ --by comm --sort latency\n"
	"  collect top -e block:block_rq_issue --by comm,rwbs --sum bytes\n";

static const struct option_desc options_what[] = {
	{
		.letter = 'e',
		.name = "event",
		.value = "EVENT",
		.kind = OPTION_LIST,
		.at = offsetof(struct options, events),
		.help = "an event as of collect record, such as\n"
			"kprobex/FUNCTION,unit=1/ (calls, with their times) or\n"
			"SYSTEM:NAME; again for more. syscalls:sys_enter_NAME and\n"
			"sys_exit_NAME together are calls, with their times\n",
	},
	{
		.name = "by",
		.value = "WHAT",
		.kind = OPTION_TEXT,
		.at = offsetof(struct top_request, by),
		.help = "what is told apart: comm, pid, tid, cpu, event, cgroup, or\n"
			"fields of the events, with commas between (default:\n"
			"event,pid)\n",
	},
	{
		.name = "sum",
		.value = "FIELD",
		.kind = OPTION_TEXT,
		.at = offsetof(struct top_request, sum),
		.help = "the field that is added up (default: what a call returned\n"
			"if it has a count, len, bytes or size; else that)\n",
	},
	{
		.name = "latency",
		.value = "FIELD",
		.kind = OPTION_TEXT,
		.at = offsetof(struct top_request, latency),
		.help = "the field that has nanoseconds (default: duration_ns)\n",
	},
	{ 0 },
};

static const struct option_desc options_shown[] = {
	{
		.name = "sort",
		.value =
			"count|rate|bytes|bytes/s|time|latency|p99|max|errors|name",
		.kind = OPTION_TEXT,
		.at = offsetof(struct top_request, sort_word),
		.help = "by which column (default: rate; of files, reads and writes\n"
			"bytes, of syscalls time)\n",
	},
	{
		.name = "reverse",
		.kind = OPTION_FLAG,
		.at = offsetof(struct top_request, upward),
		.help = "the least first\n",
	},
	{
		.letter = 'I',
		.name = "interval",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct top_request, interval_ns),
		.least = 100000000,
		.most = 86400 * NS_PER_S,
		.bare_ns = NS_PER_S,
		.help = "between pictures, and what rates are of (default 1s)\n",
	},
	{
		.letter = 'b',
		.name = "batch",
		.kind = OPTION_FLAG,
		.at = offsetof(struct top_request, batch),
		.help = "as text, one picture after the other: the default where\n"
			"the output isn't a terminal\n",
	},
	{
		.letter = 'n',
		.name = "count",
		.value = "N",
		.kind = OPTION_NUMBER,
		.at = offsetof(struct top_request, frames),
		.least = 1,
		.most = UINT32_MAX,
		.help = "so many pictures, then end\n",
	},
	{
		.name = "rows",
		.value = "N",
		.kind = OPTION_NUMBER,
		.at = offsetof(struct top_request, rows),
		.least = 1,
		.most = AGGREGATE_KEYS,
		.help = "at most so many in a picture of text (default 40)\n",
	},
	{
		.letter = 'h',
		.name = "help",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, help),
		.help = "print this\n",
	},
	{ 0 },
};

static const struct option_group groups[] = {
	{ "What is looked at", options_what },
	{ "Of whom", options_targets },
	{ "How it is shown", options_shown },
	{ "Until when", options_until },
	{ 0 },
};

static const struct option_usage usage = {
	.verb = "top",
	.head = usage_head,
	.groups = groups,
	.tail = usage_tail,
};

/* ---- options ------------------------------------------------------------- */

/* Words before --: one preset, wherever it stands. */
static int take_words(struct top_request *t, int argc, char **argv)
{
	int status = -1;

	optind = 1;
	for (;;) {
		status = options_take(&t->options, &usage, argc, argv);
		if (status >= 0 || optind == argc ||
		    !strcmp(argv[optind - 1], "--"))
			return status;
		if (t->preset)
			return option_mistake("what is '%s'? A command goes "
					      "after --",
					      argv[optind]);
		t->preset = preset_find(argv[optind]);
		if (!t->preset)
			return option_mistake(
				"there is no '%s' to look at; there are files, "
				"writes, reads and syscalls, or -e EVENT. A "
				"command goes after --",
				argv[optind]);
		optind++;
	}
}

static int check(struct top_request *t)
{
	bool events = t->options.events.nr;

	if (t->preset && events)
		return option_mistake(
			"%s says which events: -e goes without it",
			t->preset->name);
	if (!t->preset && !events)
		t->preset = preset_find("files");
	if (!t->by)
		t->by = t->preset ? t->preset->by : "event,pid";
	t->sort = t->preset ? t->preset->sort : FRAME_RATE;
	if (t->sort_word && !frame_column_find(t->sort_word, &t->sort))
		return option_mistake("--sort takes %s, not '%s'",
				      frame_column_names(), t->sort_word);
	if (!t->interval_ns)
		t->interval_ns = INTERVAL_NS;
	if (!t->rows)
		t->rows = BATCH_ROWS;
	return -1;
}

int top_request_parse(struct top_request *t, int argc, char **argv)
{
	int status;

	options_init(&t->options);
	status = take_words(t, argc, argv);
	if (status < 0)
		status = options_command(&t->options, argc, argv);
	if (status < 0)
		status = options_target(&t->options);
	return status < 0 ? check(t) : status;
}
